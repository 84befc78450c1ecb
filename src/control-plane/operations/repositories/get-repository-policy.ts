import { repositoryPolicyNotFound } from '../../../registry/errors.js'
import { requireRepository } from '../../../registry/require-repository.js'
import type { Operation } from '../operation.js'
import { namedRepository } from '../resources.js'

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetRepositoryPolicy.html */
export const getRepositoryPolicy: Operation<'GetRepositoryPolicy'> = {
  resources: namedRepository,

  async run({ repositoryName }, { registry, store }) {
    await requireRepository(store, registry, repositoryName)
    const policy = await store.repositoryPolicies.get(registry, repositoryName)
    if (!policy) throw repositoryPolicyNotFound(repositoryName, registry.account)
    return { registryId: registry.account, repositoryName, policyText: policy.text }
  },
}
