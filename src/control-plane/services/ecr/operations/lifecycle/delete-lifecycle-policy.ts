import { lifecyclePolicyNotFound } from '../../../../../registry/lifecycle/lifecycle-errors.js'
import { requireRepository } from '../../../../../registry/repositories/require-repository.js'
import type { Operation } from '../../operation.js'
import { namedRepository } from '../../operation-resources.js'

/**
 * An evaluation in progress stops before its next image.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteLifecyclePolicy.html
 *
 * @exact The answer, which is that of GetLifecyclePolicy, and its refusals.
 */
export const deleteLifecyclePolicy: Operation<'DeleteLifecyclePolicy'> = {
  resources: namedRepository,

  async run({ repositoryName }, { registry, store }) {
    await requireRepository(store, registry, repositoryName)
    const removed = await store.lifecyclePolicies.remove(registry, repositoryName)
    if (!removed) throw lifecyclePolicyNotFound(repositoryName, registry.account)
    const lastEvaluatedAt = new Date(removed.lastEvaluatedAt)
    return { registryId: registry.account, repositoryName, lifecyclePolicyText: removed.text, lastEvaluatedAt }
  },
}
