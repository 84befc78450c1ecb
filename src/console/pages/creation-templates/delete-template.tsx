import { DeleteRepositoryCreationTemplateCommand } from '@aws-sdk/client-ecr'
import { ConfirmDeletion } from '../../parts/confirm-deletion.js'
import { useEcrChange } from '../../requests/use-ecr.js'
import { prefixText } from './template-draft.js'

/** Asks before a template is deleted, with the word that the AWS console asks for. */
export function DeleteTemplate({
  prefix,
  onDeleted,
  onClose,
}: {
  readonly prefix: string
  readonly onDeleted: () => void
  readonly onClose: () => void
}) {
  const { mutate, isPending, error } = useEcrChange(
    (client) => client.send(new DeleteRepositoryCreationTemplateCommand({ prefix })),
    {
      succeeded: () => `The template ${prefix} was deleted`,
      onSuccess: () => {
        onClose()
        onDeleted()
      },
    },
  )
  return (
    <ConfirmDeletion
      title="Delete repository creation template"
      names={[prefixText(prefix)]}
      consequence="Repositories that it created stay as they are. Those that ECR creates from now on do not get its settings."
      typed="delete"
      isBusy={isPending}
      error={error}
      onConfirm={() => mutate(undefined)}
      onDismiss={onClose}
    />
  )
}
