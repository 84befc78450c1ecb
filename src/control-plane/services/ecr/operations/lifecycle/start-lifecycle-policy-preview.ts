import { acceptLifecyclePolicy } from '../../../../../registry/lifecycle/accept-lifecycle-policy.js'
import {
  lifecyclePolicyNotFound,
  lifecyclePolicyPreviewInProgress,
} from '../../../../../registry/lifecycle/lifecycle-errors.js'
import { newPreview } from '../../../../../registry/lifecycle/lifecycle-preview.js'
import { requireRepository } from '../../../../../registry/repositories/require-repository.js'
import type { Operation } from '../../operation.js'
import { namedRepository } from '../../operation-resources.js'

/**
 * Records the preview; `background/lifecycle/lifecycle-preview-task.ts` computes it.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_StartLifecyclePolicyPreview.html
 *
 * @exact The given policy or the repository's is tried, one preview of a repository at a time.
 * @inferred The text of the refusal while one is in progress; the new preview replaces the previous one at once.
 * @notModelled CloudTrail's DryRunEvent.
 */
export const startLifecyclePolicyPreview: Operation<'StartLifecyclePolicyPreview'> = {
  resources: namedRepository,

  async run({ repositoryName, lifecyclePolicyText }, { registry, store, now, ids }) {
    await requireRepository(store, registry, repositoryName)
    const given = lifecyclePolicyText === undefined ? undefined : acceptLifecyclePolicy(lifecyclePolicyText)
    const id = ids.uuid()
    const text = await store.transact(registry, async (records) => {
      const [policy, previous] = await Promise.all([
        records.lifecyclePolicies.get(registry, repositoryName),
        records.lifecyclePreviews.get(registry, repositoryName),
        requireRepository(records, registry, repositoryName),
      ])
      const text = given ?? policy?.text
      if (text === undefined) throw lifecyclePolicyNotFound(repositoryName, registry.account)
      if (previous?.status === 'IN_PROGRESS') throw lifecyclePolicyPreviewInProgress()
      await records.lifecyclePreviews.put(registry, repositoryName, newPreview(repositoryName, { id, text }, now))
      return text
    })
    return { registryId: registry.account, repositoryName, lifecyclePolicyText: text, status: 'IN_PROGRESS' }
  },
}
