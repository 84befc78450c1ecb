import {
  PutImageScanningConfigurationCommand,
  PutImageTagMutabilityCommand,
  type Repository,
} from '@aws-sdk/client-ecr'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Form from '@cloudscape-design/components/form'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Toggle from '@cloudscape-design/components/toggle'
import { type FormEvent, useState } from 'react'
import { Time } from '../../parts/amounts.js'
import { FailureAlert } from '../../parts/failure-alert.js'
import { useEcrChange } from '../../requests/use-ecr.js'
import { MutabilityFields, mutabilityInput, mutabilityOf } from './mutability-fields.js'
import { Rule, Uri } from './repository-list.js'
import { useRuleServing } from './repository-requests.js'
import { encryptionText, mutabilityText } from './repository-words.js'
import { ScanFrequency } from './scan-frequency.js'
import { useFlag } from '../../parts/use-parameter.js'
import { FormActions } from '../../parts/form-actions.js'

/** What a repository is, and the form that changes what can be changed; the address says which is shown. */
export function RepositorySummary({ repository }: { readonly repository: Repository }) {
  const [isEditing, setEditing] = useFlag('edit')
  if (isEditing) return <Settings repository={repository} onDone={() => setEditing(false)} />
  return <Facts repository={repository} onEdit={() => setEditing(true)} />
}

function Facts({ repository, onEdit }: { readonly repository: Repository; readonly onEdit: () => void }) {
  const { repositoryName = '', repositoryArn, repositoryUri = '', createdAt, registryId } = repository
  const { encryptionConfiguration: encryption } = repository
  const rule = useRuleServing()(repositoryName)
  return (
    <Container header={<Header actions={<Button onClick={onEdit}>Edit</Button>}>Summary</Header>}>
      <KeyValuePairs
        columns={3}
        items={[
          { label: 'URI', value: <Uri value={repositoryUri} /> },
          { label: 'ARN', value: repositoryArn },
          { label: 'Registry', value: registryId },
          { label: 'Created at', value: <Time value={createdAt} /> },
          { label: 'Tag immutability', value: mutabilityText(repository) },
          { label: 'Scan frequency', value: <ScanFrequency repository={repositoryName} /> },
          { label: 'Encryption type', value: encryptionText(encryption) },
          { label: 'AWS KMS key', value: encryption?.kmsKey ?? '–' },
          { label: 'Pull through cache', value: <Rule prefix={rule} /> },
        ]}
      />
    </Container>
  )
}

function Settings({ repository, onDone }: { readonly repository: Repository; readonly onDone: () => void }) {
  const { repositoryName = '', imageScanningConfiguration } = repository
  const [mutability, setMutability] = useState(() => mutabilityOf(repository))
  const [scanOnPush, setScanOnPush] = useState(imageScanningConfiguration?.scanOnPush ?? false)
  const { mutate, isPending, error } = useEcrChange(
    async (client) => {
      if (JSON.stringify(mutability) !== JSON.stringify(mutabilityOf(repository)))
        await client.send(new PutImageTagMutabilityCommand({ repositoryName, ...mutabilityInput(mutability) }))
      if (scanOnPush === imageScanningConfiguration?.scanOnPush) return
      const scanning = { imageScanningConfiguration: { scanOnPush } }
      await client.send(new PutImageScanningConfigurationCommand({ repositoryName, ...scanning }))
    },
    { succeeded: () => `The settings of ${repositoryName} were saved.`, onSuccess: onDone },
  )
  const submit = (event: FormEvent) => {
    event.preventDefault()
    mutate(undefined)
  }
  return (
    <form onSubmit={submit}>
      <Form actions={<FormActions isBusy={isPending} onCancel={onDone} />}>
        <Container header={<Header description="Encryption cannot be changed.">Edit repository</Header>}>
          <SpaceBetween size="l">
            <FailureAlert error={error} />
            <MutabilityFields value={mutability} onChange={setMutability} />
            <Toggle
              checked={scanOnPush}
              description="The filters of the registry decide instead wherever they match."
              onChange={({ detail }) => setScanOnPush(detail.checked)}
            >
              Scan on push
            </Toggle>
          </SpaceBetween>
        </Container>
      </Form>
    </form>
  )
}
