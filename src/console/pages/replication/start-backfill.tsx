import { type ReplicationRule, StartReplicationBackfillCommand } from '@aws-sdk/client-ecr'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import Modal from '@cloudscape-design/components/modal'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import { FailureAlert } from '../../parts/failure-alert.js'
import { useEcrChange } from '../../requests/use-ecr.js'
import { useSession } from '../../session/session-context.js'

/** Asks for the destination, and starts to copy there what the rules are about. */
export function StartBackfill({
  rules,
  onClose,
}: {
  readonly rules: readonly ReplicationRule[]
  readonly onClose: () => void
}) {
  const { account } = useSession()
  const options = destinationsIn(rules, account)
  const [chosen, choose] = useState(options[0]?.value ?? '')
  const { mutate, isPending, error } = useEcrChange(
    (client, destination: string) => {
      const [registryId = '', region = ''] = destination.split(' ')
      return client.send(new StartReplicationBackfillCommand({ destination: { region, registryId } }))
    },
    { succeeded: () => 'The replication backfill was started', onSuccess: onClose },
  )
  return (
    <Modal
      visible
      header="Start replication backfill"
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>
              Cancel
            </Button>
            <Button variant="primary" loading={isPending} disabled={chosen === ''} onClick={() => mutate(chosen)}>
              Start
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <FailureAlert error={error} />
        <Box>Copies the images that are in the repositories of the rules already, whenever they were pushed.</Box>
        <FormField label="Destination">
          <Select
            options={options}
            selectedOption={options.find(({ value }) => value === chosen) ?? null}
            onChange={({ detail }) => choose(detail.selectedOption.value ?? '')}
          />
        </FormField>
      </SpaceBetween>
    </Modal>
  )
}

/** Every destination of the rules once. The value is its account and Region with a space between. */
function destinationsIn(rules: readonly ReplicationRule[], own: string) {
  const all = rules.flatMap(({ destinations = [] }) => destinations)
  return [...new Set(all.map(({ registryId, region }) => `${registryId} ${region}`))].map((value) => {
    const [account, region = ''] = value.split(' ')
    return { value, label: account === own ? region : `${account} in ${region}` }
  })
}
