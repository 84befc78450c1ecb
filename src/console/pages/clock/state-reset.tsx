import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import type { Status } from '../../../control-plane/admin/status-route.js'
import { formatBytes, formatCount } from '../../../registry/amounts.js'
import { ConfirmDeletion } from '../../parts/confirm-deletion.js'
import { FailureAlert } from '../../parts/failure-alert.js'
import { useAdmin, useAdminChange } from '../../requests/admin.js'

/** What the installation holds, and the reset that removes all of it. */
export function StateReset() {
  const [isAsked, setAsked] = useState(false)
  const { data: status, error } = useAdmin<Status>('/status')
  const { mutate, isPending, error: refusal, reset } = useAdminChange<object>('/reset', { succeeded: () => DONE })
  const close = () => {
    setAsked(false)
    reset()
  }
  return (
    <Container
      header={
        <Header
          variant="h2"
          description="A reset removes all of it, in every account and Region, and takes the clock back to the machine's time."
          actions={<Button onClick={() => setAsked(true)}>Reset</Button>}
        >
          State
        </Header>
      }
    >
      <SpaceBetween size="s">
        <FailureAlert error={error} />
        <KeyValuePairs columns={4} items={figures(status)} />
      </SpaceBetween>
      {isAsked && (
        <ConfirmDeletion
          title="Reset the emulator"
          names={namesIn(status)}
          consequence={
            <Box>
              All state and all images are removed. A docker login made while the clock was ahead is void. What the seed
              puts in place is there again afterwards. This cannot be undone.
            </Box>
          }
          typed="reset"
          action="Reset"
          isBusy={isPending}
          error={refusal}
          onConfirm={() => mutate({}, { onSuccess: close })}
          onDismiss={close}
        />
      )}
    </Container>
  )
}

const DONE = 'The emulator was reset: all state and all images were removed'

const totalsIn = (status: Status | undefined) => status?.registries ?? []

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)

function figures(status: Status | undefined) {
  const registries = status?.registries
  const total = (of: 'repositories' | 'images' | 'rules') =>
    registries ? sum(registries.map((registry) => registry[of])).toLocaleString('en') : '–'
  return [
    { label: 'Repositories', value: total('repositories') },
    { label: 'Images', value: total('images') },
    { label: 'Pull through cache rules', value: total('rules') },
    {
      label: 'Stored blobs',
      value: status?.blobs ? `${status.blobs.count.toLocaleString('en')}, ${formatBytes(status.blobs.bytes)}` : '–',
    },
  ]
}

/** Each registry with what it holds, one line each. */
function namesIn(status: Status | undefined): string[] {
  const totals = totalsIn(status)
  if (totals.length === 0) return [status?.registries ? 'No registry holds anything' : 'Everything in every registry']
  return totals.map(
    ({ account, region, repositories, images, rules }) =>
      `${account} in ${region}: ${repositories} ${repositories === 1 ? 'repository' : 'repositories'}, ` +
      `${formatCount(images, 'image')}, ${formatCount(rules, 'rule')}`,
  )
}
