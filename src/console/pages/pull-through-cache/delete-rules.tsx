import { DeletePullThroughCacheRuleCommand } from '@aws-sdk/client-ecr'
import { useNavigate } from 'react-router'
import { ConfirmDeletion } from '../../parts/confirm-deletion.js'
import { useEcrChange } from '../../requests/use-ecr.js'
import { RULES_PATH } from './use-cache-rules.js'

/** Asks before rules are deleted. Afterwards the list of rules offers what may be left to do. */
export function DeleteRules({
  prefixes,
  onClose,
}: {
  readonly prefixes: readonly string[]
  readonly onClose: () => void
}) {
  const navigate = useNavigate()
  const { mutate, isPending, error } = useEcrChange(
    async (client, deleted: readonly string[]) => {
      for (const ecrRepositoryPrefix of deleted)
        await client.send(new DeletePullThroughCacheRuleCommand({ ecrRepositoryPrefix }))
    },
    {
      succeeded: (deleted) => `${deleted.length === 1 ? 'Rule' : 'Rules'} ${deleted.join(', ')} deleted`,
      onSuccess: (_, deleted) => {
        onClose()
        const parameters = new URLSearchParams(deleted.map((prefix) => ['deleted', prefix]))
        void navigate(`${RULES_PATH}?${parameters.toString()}`)
      },
    },
  )
  return (
    <ConfirmDeletion
      title={prefixes.length === 1 ? 'Delete rule' : `Delete ${prefixes.length} rules`}
      names={prefixes}
      consequence="Nothing more is cached through this namespace, and its images are not checked for new versions any more. Repositories and images that are cached stay, and can be pulled as before."
      typed="delete"
      isBusy={isPending}
      error={error}
      onConfirm={() => mutate(prefixes)}
      onDismiss={onClose}
    />
  )
}
