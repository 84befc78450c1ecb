import { DeleteLifecyclePolicyCommand, GetLifecyclePolicyCommand, PutLifecyclePolicyCommand } from '@aws-sdk/client-ecr'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useState } from 'react'
import { Time } from '../../parts/amounts.js'
import { ConfirmDeletion } from '../../parts/confirm-deletion.js'
import { FailureAlert } from '../../parts/failure-alert.js'
import { JsonEditor } from '../../parts/json-editor.js'
import { JsonText } from '../../parts/json-text.js'
import { PageLink } from '../../parts/page-link.js'
import { useEcrChange, useEcrOptional } from '../../requests/use-ecr.js'
import { useFlag } from '../../parts/use-parameter.js'

/** The lifecycle policy of a repository. What would go by it is shown on the page Lifecycle. */
export function RepositoryLifecycle({ name }: { readonly name: string }) {
  const [isEditing, setEditing] = useFlag('edit')
  const command = new GetLifecyclePolicyCommand({ repositoryName: name })
  const { data, error } = useEcrOptional('GetLifecyclePolicy', command, 'LifecyclePolicyNotFoundException')
  if (error) return <FailureAlert error={error} />
  if (data === undefined) return <StatusIndicator type="loading">Loading the policy</StatusIndicator>
  const text = data?.lifecyclePolicyText
  if (isEditing) return <Editor name={name} text={text ?? NEW} onDone={() => setEditing(false)} />
  return <Policy name={name} text={text} evaluatedAt={data?.lastEvaluatedAt} onEdit={() => setEditing(true)} />
}

/** What the editor begins with for a repository without a policy. */
const NEW = JSON.stringify({
  rules: [
    {
      rulePriority: 1,
      description: 'Expire untagged images after 14 days',
      selection: { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 14 },
      action: { type: 'expire' },
    },
  ],
})

function Editor({ name, text, onDone }: { readonly name: string; readonly text: string; readonly onDone: () => void }) {
  const { mutate, isPending, error } = useEcrChange(
    (client, lifecyclePolicyText: string) =>
      client.send(new PutLifecyclePolicyCommand({ repositoryName: name, lifecyclePolicyText })),
    { succeeded: () => `The lifecycle policy of ${name} was saved.`, onSuccess: onDone },
  )
  return (
    <JsonEditor
      title="Edit lifecycle policy"
      description={
        <>
          Images go within 24 hours once it is saved. <PreviewLink name={name} />
        </>
      }
      label="Lifecycle policy"
      text={text}
      isBusy={isPending}
      error={error}
      onSave={mutate}
      onCancel={onDone}
    />
  )
}

const PreviewLink = ({ name }: { readonly name: string }) => (
  <PageLink to={`/private-registry/lifecycle?${new URLSearchParams({ repository: name }).toString()}`}>
    See what would go
  </PageLink>
)

function Policy({
  name,
  text,
  evaluatedAt,
  onEdit,
}: {
  readonly name: string
  readonly text: string | undefined
  readonly evaluatedAt: Date | undefined
  readonly onEdit: () => void
}) {
  const [isDeleting, setDeleting] = useState(false)
  return (
    <Container
      header={
        <Header
          description={<PreviewLink name={name} />}
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button
                disabled={text === undefined}
                disabledReason="There is no policy"
                onClick={() => setDeleting(true)}
              >
                Delete policy
              </Button>
              <Button onClick={onEdit}>{text === undefined ? 'Create policy' : 'Edit policy JSON'}</Button>
            </SpaceBetween>
          }
        >
          Lifecycle policy
        </Header>
      }
    >
      {text === undefined ? (
        <Box>No lifecycle policy: no image of this repository expires or is archived by itself.</Box>
      ) : (
        <SpaceBetween size="s">
          <Box>
            Last evaluated: <Time value={evaluatedAt} />
          </Box>
          <JsonText text={text} label="Lifecycle policy" />
        </SpaceBetween>
      )}
      {isDeleting && <PolicyDeletion name={name} onDone={() => setDeleting(false)} />}
    </Container>
  )
}

function PolicyDeletion({ name, onDone }: { readonly name: string; readonly onDone: () => void }) {
  const { mutate, isPending, error } = useEcrChange(
    (client) => client.send(new DeleteLifecyclePolicyCommand({ repositoryName: name })),
    { succeeded: () => `The lifecycle policy of ${name} was deleted.`, onSuccess: onDone },
  )
  return (
    <ConfirmDeletion
      title="Delete lifecycle policy"
      names={[name]}
      consequence="Images of this repository no longer expire, and are no longer archived, by themselves."
      isBusy={isPending}
      error={error}
      onConfirm={() => mutate(undefined)}
      onDismiss={onDone}
    />
  )
}
