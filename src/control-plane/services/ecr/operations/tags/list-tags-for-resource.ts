import { requireRepository } from '../../../../../registry/repositories/require-repository.js'
import type { Operation } from '../../operation.js'
import { namedResource } from '../../operation-resources.js'
import { taggedRepository } from '../../resource-tags.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListTagsForResource.html
 *
 * @exact The tags of a repository of the caller's registry.
 * @inferred The message of an ARN that is not one; an ARN of another Region is invalid, one of another account is
 *   denied first.
 */
export const listTagsForResource: Operation<'ListTagsForResource'> = {
  resources: namedResource,

  async run({ resourceArn }, { registry, store }) {
    const repository = await requireRepository(store, registry, taggedRepository(resourceArn, registry))
    return { tags: repository.tags }
  },
}
