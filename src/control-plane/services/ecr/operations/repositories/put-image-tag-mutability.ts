import { repositoryNotFound } from '../../../../../registry/errors.js'
import type { Operation } from '../../operation.js'
import { namedRepository } from '../../operation-resources.js'
import { acceptMutability } from '../../accept-mutability.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImageTagMutability.html
 *
 * @exact All four values, with exclusion filters.
 * @inferred The message of filters that do not fit the value is second-hand.
 */
export const putImageTagMutability: Operation<'PutImageTagMutability'> = {
  resources: namedRepository,

  async run(input, { registry, store }) {
    const { repositoryName } = input
    const mutability = acceptMutability(input)
    const changed = await store.repositories.update(registry, repositoryName, (repository) => ({
      ...repository,
      imageTagMutabilityExclusionFilters: undefined,
      ...mutability,
    }))
    if (!changed) throw repositoryNotFound(repositoryName, registry.account)
    return { registryId: registry.account, repositoryName, ...mutability }
  },
}
