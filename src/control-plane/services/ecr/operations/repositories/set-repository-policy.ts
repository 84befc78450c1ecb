import { acceptRepositoryPolicy } from '../../../../../access/accept-policy.js'
import { unknownActions } from '../../../../../access/known-actions.js'
import { wouldLockOut } from '../../../../../access/lock-out.js'
import { parseRepositoryPolicy } from '../../../../../access/parsed-policies.js'
import { invalidRepositoryPolicy } from '../../../../../registry/errors.js'
import { repositoryArn } from '../../../../../registry/registry.js'
import { requireRepository } from '../../../../../registry/repositories/require-repository.js'
import type { Operation } from '../../operation.js'
import { namedRepository } from '../../operation-resources.js'

/**
 * Without `force`, callers cannot remove their own permission to set the policy.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_SetRepositoryPolicy.html
 *
 * @exact The policy takes effect at once; one refusal for every policy that is not accepted, in the captured words;
 *   force.
 * @inferred Which policies are refused; without force, a policy is refused if its author could not set another one
 *   afterwards.
 */
export const setRepositoryPolicy: Operation<'SetRepositoryPolicy'> = {
  resources: namedRepository,

  async run({ repositoryName, policyText, force = false }, context) {
    const { registry, store, log } = context
    await requireRepository(store, registry, repositoryName)
    const policy = acceptRepositoryPolicy(policyText, context)
    const arn = repositoryArn(registry, repositoryName)
    if (!force && (await wouldLockOut(policyText, context, arn, context))) throw invalidRepositoryPolicy()
    await store.transact(registry, async (records) => {
      await requireRepository(records, registry, repositoryName)
      await records.repositoryPolicies.put(registry, repositoryName, policy)
    })
    for (const warning of unknownActions(parseRepositoryPolicy(policyText).policy))
      log.warn({ ...registry, repositoryName }, warning)
    return { registryId: registry.account, repositoryName, policyText }
  },
}
