import { acceptLifecyclePolicy } from '../../../../../registry/lifecycle/accept-lifecycle-policy.js'
import { newLifecyclePolicy } from '../../../../../registry/lifecycle/lifecycle-policy.js'
import { requireRepository } from '../../../../../registry/repositories/require-repository.js'
import type { Operation } from '../../operation.js'
import { namedRepository } from '../../operation-resources.js'

/**
 * The first evaluation is due 24 hours after the policy was put (`lifecycle.intervalSeconds`).
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutLifecyclePolicy.html
 *
 * @exact The answer's text without white space, the sentences about the schema of a policy, untagged rules, rules for
 * any image and missing tag lists.
 * @inferred The sentences about priorities, prefixes, wildcards and actions that do not go together; a policy that is
 * put again was never evaluated.
 * @notModelled CloudTrail's PolicyExecutionEvent.
 */
export const putLifecyclePolicy: Operation<'PutLifecyclePolicy'> = {
  resources: namedRepository,

  async run({ repositoryName, lifecyclePolicyText }, { registry, store, now }) {
    await requireRepository(store, registry, repositoryName)
    const text = acceptLifecyclePolicy(lifecyclePolicyText)
    await store.transact(registry, async (records) => {
      await requireRepository(records, registry, repositoryName)
      await records.lifecyclePolicies.put(registry, repositoryName, newLifecyclePolicy(repositoryName, text, now))
    })
    return { registryId: registry.account, repositoryName, lifecyclePolicyText: text }
  },
}
