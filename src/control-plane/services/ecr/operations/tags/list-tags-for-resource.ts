import { requireRepository } from '../../../../../registry/repositories/require-repository.js'
import type { Operation } from '../../operation.js'
import { namedResource } from '../../operation-resources.js'
import { taggedRepository } from '../../resource-tags.js'

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListTagsForResource.html */
export const listTagsForResource: Operation<'ListTagsForResource'> = {
  resources: namedResource,

  async run({ resourceArn }, { registry, store }) {
    const repository = await requireRepository(store, registry, taggedRepository(resourceArn, registry))
    return { tags: repository.tags }
  },
}
