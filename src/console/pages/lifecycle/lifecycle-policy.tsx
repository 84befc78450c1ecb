import { DeleteLifecyclePolicyCommand, GetLifecyclePolicyCommand, PutLifecyclePolicyCommand } from '@aws-sdk/client-ecr'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useState } from 'react'
import { ConfirmDeletion } from '../../parts/confirm-deletion.js'
import { FailureAlert } from '../../parts/failure-alert.js'
import { prettyJson } from '../../parts/json-text.js'
import { useEcrChange, useEcrOptional } from '../../requests/use-ecr.js'
import { LifecyclePreview } from './lifecycle-preview.js'
import { PolicyEditor } from './policy-editor.js'
import { usePreview } from './use-preview.js'

/** The lifecycle policy of a repository: the editor, the preview of what is in it, and what saves and deletes it. */
export function LifecyclePolicy({ repository }: { readonly repository: string }) {
  const saved = useSavedPolicy(repository)
  const [draft, setDraft] = useState<string>()
  const [isDeletionAsked, setDeletionAsked] = useState(false)
  const text = draft ?? saved.text
  const preview = usePreview(repository, text ?? '')
  const save = useEcrChange(
    (client, lifecyclePolicyText: string) =>
      client.send(new PutLifecyclePolicyCommand({ repositoryName: repository, lifecyclePolicyText })),
    { succeeded: () => `The lifecycle policy of ${repository} was saved`, onSuccess: () => setDraft(undefined) },
  )
  const change = (changed: string) => {
    save.reset()
    setDraft(changed)
  }
  if (saved.error) return <FailureAlert error={saved.error} />
  if (text === undefined) return <StatusIndicator type="loading">Loading the lifecycle policy</StatusIndicator>
  return (
    <SpaceBetween size="l">
      <PolicyEditor
        text={text}
        isSaved={draft === undefined}
        exists={saved.text !== ''}
        lastEvaluatedAt={saved.lastEvaluatedAt}
        // The service says the same about a text that is tried and one that is saved.
        error={save.error ?? preview.error}
        isBusy={save.isPending}
        onChange={change}
        onDiscard={() => setDraft(undefined)}
        onSave={() => save.mutate(text)}
        onDelete={() => setDeletionAsked(true)}
      />
      <LifecyclePreview repository={repository} text={text} preview={preview} />
      {isDeletionAsked && (
        <Deletion
          repository={repository}
          onDeleted={() => setDraft(undefined)}
          onClose={() => setDeletionAsked(false)}
        />
      )}
    </SpaceBetween>
  )
}

/** The policy that is saved: an empty text if there is none. */
function useSavedPolicy(repositoryName: string) {
  const command = new GetLifecyclePolicyCommand({ repositoryName })
  const { data, error } = useEcrOptional('GetLifecyclePolicy', command, 'LifecyclePolicyNotFoundException')
  const { lifecyclePolicyText = '', lastEvaluatedAt } = data ?? {}
  return {
    text: data === undefined ? undefined : prettyJson(lifecyclePolicyText),
    // 1970 is what ECR answers before the first evaluation.
    lastEvaluatedAt: lastEvaluatedAt && lastEvaluatedAt.getTime() > 0 ? lastEvaluatedAt : undefined,
    error,
  }
}

function Deletion({
  repository,
  onDeleted,
  onClose,
}: {
  readonly repository: string
  readonly onDeleted: () => void
  readonly onClose: () => void
}) {
  const { mutate, isPending, error } = useEcrChange(
    (client) => client.send(new DeleteLifecyclePolicyCommand({ repositoryName: repository })),
    { succeeded: () => `The lifecycle policy of ${repository} was deleted` },
  )
  return (
    <ConfirmDeletion
      title="Delete lifecycle policy"
      names={[`The lifecycle policy of ${repository}`]}
      consequence="From now on no image of the repository expires or is archived by itself."
      isBusy={isPending}
      error={error}
      onConfirm={() =>
        mutate(undefined, {
          onSuccess: () => {
            onDeleted()
            onClose()
          },
        })
      }
      onDismiss={onClose}
    />
  )
}
