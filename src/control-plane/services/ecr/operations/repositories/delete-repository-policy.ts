import { repositoryPolicyNotFound } from '../../../../../registry/errors.js'
import { requireRepository } from '../../../../../registry/repositories/require-repository.js'
import type { Operation } from '../../operation.js'
import { namedRepository } from '../../operation-resources.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteRepositoryPolicy.html
 *
 * @exact Answers the text of the deleted policy; the messages when there is no policy or no repository.
 */
export const deleteRepositoryPolicy: Operation<'DeleteRepositoryPolicy'> = {
  resources: namedRepository,

  async run({ repositoryName }, { registry, store }) {
    await requireRepository(store, registry, repositoryName)
    const removed = await store.repositoryPolicies.remove(registry, repositoryName)
    if (!removed) throw repositoryPolicyNotFound(repositoryName, registry.account)
    return { registryId: registry.account, repositoryName, policyText: removed.text }
  },
}
