import { CreateRepositoryCommand, type EncryptionType } from '@aws-sdk/client-ecr'
import Container from '@cloudscape-design/components/container'
import Form from '@cloudscape-design/components/form'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import Input, { type InputProps } from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Toggle from '@cloudscape-design/components/toggle'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { useNavigate } from 'react-router'
import { FailureAlert } from '../../parts/failure-alert.js'
import { Page } from '../../parts/page.js'
import { PageLink } from '../../parts/page-link.js'
import { failureOf } from '../../requests/request-failure.js'
import { useEcrChange } from '../../requests/use-ecr.js'
import { EncryptionFields } from './encryption-fields.js'
import { MutabilityFields, type Mutability, mutabilityInput } from './mutability-fields.js'
import { repositoryAddress } from './repository-requests.js'
import { ResourceTagFields, type TagInput, tagsInput } from './resource-tag-fields.js'
import { FormActions } from '../../parts/form-actions.js'

/** What the form has. */
interface NewRepository {
  readonly name: string
  readonly mutability: Mutability
  readonly encryptionType: EncryptionType
  readonly kmsKey: string
  readonly isScannedOnPush: boolean
  readonly tags: readonly TagInput[]
}

const EMPTY: NewRepository = {
  name: '',
  mutability: { isImmutable: false, exclusions: [] },
  encryptionType: 'AES256',
  kmsKey: '',
  isScannedOnPush: false,
  tags: [],
}

const commandOf = ({ name, mutability, encryptionType, kmsKey, isScannedOnPush, tags }: NewRepository) =>
  new CreateRepositoryCommand({
    repositoryName: name,
    ...mutabilityInput(mutability),
    encryptionConfiguration: {
      encryptionType,
      ...(encryptionType !== 'AES256' && kmsKey !== '' && { kmsKey }),
    },
    imageScanningConfiguration: { scanOnPush: isScannedOnPush },
    ...(tags.length > 0 && { tags: tagsInput(tags) }),
  })

/** The form for a new repository. */
export function CreateRepository() {
  const navigate = useNavigate()
  const [repository, setRepository] = useState(EMPTY)
  const set = (changed: Partial<NewRepository>) => setRepository((before) => ({ ...before, ...changed }))
  const { mutate, isPending, error } = useEcrChange(
    (client, created: NewRepository) => client.send(commandOf(created)),
    {
      succeeded: ({ name }) => `Successfully created private repository ${name}.`,
      onSuccess: (_, { name }) => void navigate(repositoryAddress(name)),
    },
  )
  const submit = (event: FormEvent) => {
    event.preventDefault()
    mutate(repository)
  }
  const field = error ? fieldOf(error) : undefined
  const nameInput = useRef<InputProps.Ref>(null)
  // The button is at the end of a long form, and the name at its beginning.
  useEffect(() => {
    if (error && fieldOf(error) === 'name') nameInput.current?.focus()
  }, [error])
  const sentence = error ? failureOf(error).message : undefined
  return (
    <Page title="Create private repository" description="Images are pushed to it, or pulled from it.">
      <form onSubmit={submit}>
        <Form
          actions={<FormActions action="Create" isBusy={isPending} onCancel={() => void navigate('/repositories')} />}
        >
          <SpaceBetween size="l">
            <Container header={<Header>General settings</Header>}>
              <FormField
                label="Repository name"
                description="A namespace can come first, for example namespace/repo-name."
                errorText={field === 'name' && sentence}
              >
                <Input
                  ref={nameInput}
                  value={repository.name}
                  autoFocus
                  spellcheck={false}
                  onChange={({ detail }) => set({ name: detail.value.trim() })}
                />
              </FormField>
            </Container>
            <Container header={<Header>Image tag settings</Header>}>
              <MutabilityFields value={repository.mutability} onChange={(mutability) => set({ mutability })} />
            </Container>
            <Container header={<Header description={ONCE}>Encryption settings</Header>}>
              <EncryptionFields {...repository} onChange={set} keyError={field === 'kmsKey' ? sentence : undefined} />
            </Container>
            <Container header={<Header description={<ScanningHint />}>Image scanning settings</Header>}>
              <Toggle
                checked={repository.isScannedOnPush}
                onChange={({ detail }) => set({ isScannedOnPush: detail.checked })}
              >
                Scan on push
              </Toggle>
            </Container>
            <Container header={<Header description="Tags of the repository, not of its images.">Tags</Header>}>
              <ResourceTagFields tags={repository.tags} onChange={(tags) => set({ tags })} />
            </Container>
            {field === undefined && <FailureAlert error={error} />}
          </SpaceBetween>
        </Form>
      </form>
    </Page>
  )
}

const ONCE = 'They cannot be changed once the repository is created.'

const ScanningHint = () => (
  <>
    The filters of the registry decide instead wherever they match:{' '}
    <PageLink to="/private-registry/scanning">Scanning</PageLink>
  </>
)

/** The field that a refusal is about; none if it is about something else. */
function fieldOf(error: unknown): 'name' | 'kmsKey' | undefined {
  const { code, message } = failureOf(error)
  if (code === 'KmsException' || message.includes('kmsKey')) return 'kmsKey'
  if (code === 'RepositoryAlreadyExistsException' || message.includes('repositoryName')) return 'name'
  return undefined
}
