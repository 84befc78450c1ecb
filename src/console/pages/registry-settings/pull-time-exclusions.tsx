import {
  DeregisterPullTimeUpdateExclusionCommand,
  type ECRClient,
  ListPullTimeUpdateExclusionsCommand,
  RegisterPullTimeUpdateExclusionCommand,
} from '@aws-sdk/client-ecr'
import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import { ConfirmDeletion } from '../../parts/confirm-deletion.js'
import { type Column, ResourceTable } from '../../parts/resource-table.js'
import { useEcrChange, useEcrList } from '../../requests/use-ecr.js'
import { FormDialog } from '../../parts/form-dialog.js'

/** The users and roles whose pulls leave the last pull time of an image as it is. */
export function PullTimeExclusions() {
  const { data, error } = useEcrList<string>('ListPullTimeUpdateExclusions', {}, exclusionsOf)
  const [selected, select] = useState<string>()
  const [open, setOpen] = useState<'add' | 'delete'>()
  const close = () => setOpen(undefined)
  const chosen = data?.filter((arn) => arn === selected) ?? []
  return (
    <>
      <ResourceTable
        name="exclusions"
        title="Pull-time update exclusions"
        things="exclusions"
        description="Pulls by these roles and users are not recorded as the last pull of an image."
        items={data}
        error={error}
        keyOf={(arn) => arn}
        columns={COLUMNS}
        selection={{ type: 'single', selected: chosen, onSelect: ([arn]) => select(arn) }}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button disabled={chosen.length === 0} onClick={() => setOpen('delete')}>
              Remove exclusion
            </Button>
            <Button onClick={() => setOpen('add')}>Add exclusion</Button>
          </SpaceBetween>
        }
        empty="Every pull is recorded."
      />
      {open === 'add' && <Addition onClose={close} />}
      {open === 'delete' && selected !== undefined && <Removal arn={selected} onClose={close} />}
    </>
  )
}

/** The SDK has no paginator for this list. */
async function* exclusionsOf(client: ECRClient): AsyncIterable<readonly string[] | undefined> {
  let nextToken: string | undefined
  do {
    const page = await client.send(
      new ListPullTimeUpdateExclusionsCommand({ maxResults: 1000, ...(nextToken !== undefined && { nextToken }) }),
    )
    yield page.pullTimeUpdateExclusions
    nextToken = page.nextToken
  } while (nextToken !== undefined)
}

const COLUMNS: readonly Column<string>[] = [
  { id: 'arn', header: 'Principal ARN', isRowHeader: true, text: (arn) => arn },
]

function Addition({ onClose }: { readonly onClose: () => void }) {
  const [principalArn, setPrincipalArn] = useState('')
  const { mutate, isPending, error } = useEcrChange(
    (client) => client.send(new RegisterPullTimeUpdateExclusionCommand({ principalArn })),
    { succeeded: () => `Pulls by ${principalArn} are not recorded from now on`, onSuccess: onClose },
  )
  return (
    <FormDialog
      title="Add pull-time update exclusion"
      action="Add"
      isBusy={isPending}
      error={error}
      onSubmit={() => mutate(undefined)}
      onDismiss={onClose}
    >
      <FormField label="Principal ARN" description="Of a role or a user.">
        <Input
          value={principalArn}
          placeholder="arn:aws:iam::123456789012:role/scanner"
          onChange={({ detail }) => setPrincipalArn(detail.value.trim())}
        />
      </FormField>
    </FormDialog>
  )
}

function Removal({ arn, onClose }: { readonly arn: string; readonly onClose: () => void }) {
  const { mutate, isPending, error } = useEcrChange(
    (client) => client.send(new DeregisterPullTimeUpdateExclusionCommand({ principalArn: arn })),
    { succeeded: () => `Pulls by ${arn} are recorded again`, onSuccess: onClose },
  )
  return (
    <ConfirmDeletion
      title="Remove pull-time update exclusion"
      names={[arn]}
      consequence="From now on its pulls are recorded as the last pull of an image, which lifecycle policies can go by."
      action="Remove"
      isBusy={isPending}
      error={error}
      onConfirm={() => mutate(undefined)}
      onDismiss={onClose}
    />
  )
}
