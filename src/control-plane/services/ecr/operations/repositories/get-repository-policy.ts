import { repositoryPolicyNotFound } from '../../../../../registry/errors.js'
import { readInRepository } from '../../../../../registry/repositories/require-repository.js'
import type { Operation } from '../../operation.js'
import { namedRepository } from '../../operation-resources.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetRepositoryPolicy.html
 *
 * @exact The text as it was put; the messages when there is no policy or no repository.
 */
export const getRepositoryPolicy: Operation<'GetRepositoryPolicy'> = {
  resources: namedRepository,

  async run({ repositoryName }, { registry, store }) {
    const reading = () => store.repositoryPolicies.get(registry, repositoryName)
    const policy = await readInRepository(store, registry, repositoryName, reading)
    if (!policy) throw repositoryPolicyNotFound(repositoryName, registry.account)
    return { registryId: registry.account, repositoryName, policyText: policy.text }
  },
}
