import { type ReplicationRule, StartReplicationBackfillCommand } from '@aws-sdk/client-ecr'
import Box from '@cloudscape-design/components/box'
import FormField from '@cloudscape-design/components/form-field'
import Select from '@cloudscape-design/components/select'
import { useState } from 'react'
import { useEcrChange } from '../../requests/use-ecr.js'
import { useSession } from '../../session/session-context.js'
import { FormDialog } from '../../parts/form-dialog.js'

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
    <FormDialog
      title="Start replication backfill"
      action="Start"
      isBusy={isPending}
      error={error}
      onSubmit={() => mutate(chosen)}
      onDismiss={onClose}
    >
      <Box>Copies the images that are in the repositories of the rules already, whenever they were pushed.</Box>
      <FormField label="Destination">
        <Select
          options={options}
          selectedOption={options.find(({ value }) => value === chosen) ?? null}
          onChange={({ detail }) => choose(detail.selectedOption.value ?? '')}
        />
      </FormField>
    </FormDialog>
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
