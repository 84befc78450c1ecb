import { lifecyclePolicyNotFound } from '../../../../../registry/lifecycle/lifecycle-errors.js'
import { readInRepository } from '../../../../../registry/repositories/require-repository.js'
import type { Operation } from '../../operation.js'
import { namedRepository } from '../../operation-resources.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetLifecyclePolicy.html
 *
 * @exact The answer and its refusals; `lastEvaluatedAt` is 1970-01-01 before the first evaluation.
 * @inferred `lastEvaluatedAt` is the time at which the evaluation began.
 */
export const getLifecyclePolicy: Operation<'GetLifecyclePolicy'> = {
  resources: namedRepository,

  async run({ repositoryName }, { registry, store }) {
    const reading = () => store.lifecyclePolicies.get(registry, repositoryName)
    const policy = await readInRepository(store, registry, repositoryName, reading)
    if (!policy) throw lifecyclePolicyNotFound(repositoryName, registry.account)
    const lastEvaluatedAt = new Date(policy.lastEvaluatedAt)
    return { registryId: registry.account, repositoryName, lifecyclePolicyText: policy.text, lastEvaluatedAt }
  },
}
