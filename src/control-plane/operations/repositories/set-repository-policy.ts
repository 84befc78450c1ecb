import { acceptRepositoryPolicy } from '../../../registry/policy-text.js'
import { requireRepository } from '../../../registry/require-repository.js'
import type { Operation } from '../operation.js'
import { namedRepository } from '../resources.js'

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_SetRepositoryPolicy.html */
export const setRepositoryPolicy: Operation<'SetRepositoryPolicy'> = {
  resources: namedRepository,

  async run({ repositoryName, policyText }, { registry, store }) {
    await store.transact(registry, async (records) => {
      await requireRepository(records, registry, repositoryName)
      await records.repositoryPolicies.put(registry, repositoryName, acceptRepositoryPolicy(policyText))
    })
    return { registryId: registry.account, repositoryName, policyText }
  },
}
