import { withoutStatements } from '../../../registry/permissions/registry-policy-text.js'
import { ConfirmDeletion } from '../../parts/confirm-deletion.js'
import { POLICY_CHANGED, statementName } from '../../parts/policy-statements.js'
import { useEcrChange } from '../../requests/use-ecr.js'
import { registryPolicyText, type RegistryPermissions, replaceRegistryPolicy } from './use-registry-policy.js'

/** Asks before statements are deleted. Without any that is left, the policy is deleted. */
export function DeleteStatements({
  permissions: { policyText, statements },
  indexes,
  onClose,
}: {
  readonly permissions: RegistryPermissions
  /** The places in the policy of those that are deleted. */
  readonly indexes: readonly number[]
  readonly onClose: () => void
}) {
  const isAll = indexes.length === statements.length
  const names = indexes.flatMap((index) => {
    const statement = statements[index]
    return statement ? [statementName(statement, index)] : []
  })
  const { mutate, isPending, error } = useEcrChange(
    async (client) => {
      // The places are those of the policy that is shown: in another one they are of other statements.
      if ((await registryPolicyText(client)) !== policyText) throw new Error(POLICY_CHANGED)
      await replaceRegistryPolicy(client, withoutStatements(policyText, new Set(indexes)))
    },
    {
      succeeded: () =>
        isAll
          ? 'Registry policy deleted'
          : `${names.length === 1 ? 'Statement' : 'Statements'} ${names.join(', ')} deleted`,
      onSuccess: onClose,
    },
  )
  return (
    <ConfirmDeletion
      title={names.length === 1 ? 'Delete statement' : `Delete ${names.length} statements`}
      names={names}
      consequence={
        isAll
          ? 'These are all the statements, so the registry policy is deleted. What only this policy allows is refused from then on.'
          : 'What only these statements allow is refused from then on.'
      }
      typed="delete"
      isBusy={isPending}
      error={error}
      onConfirm={() => mutate(undefined)}
      onDismiss={onClose}
    />
  )
}
