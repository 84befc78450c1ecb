import { repositoryNotFound } from '../../../../../registry/errors.js'
import type { Operation } from '../../operation.js'
import { namedResource } from '../../operation-resources.js'
import { acceptTags, taggedRepository } from '../../resource-tags.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_TagResource.html
 *
 * @exact Tags are added or replaced, 50 at most; the refusal of invalid tags.
 * @inferred The messages of an ARN that is not one and of too many tags.
 */
export const tagResource: Operation<'TagResource'> = {
  resources: namedResource,

  async run({ resourceArn, tags }, { registry, store }) {
    const name = taggedRepository(resourceArn, registry)
    const newTags = acceptTags(tags)
    const tagged = await store.repositories.update(registry, name, (repository) => {
      const otherTags = repository.tags.filter(({ Key }) => !newTags.some((tag) => tag.Key === Key))
      return { ...repository, tags: acceptTags([...otherTags, ...newTags]) }
    })
    if (!tagged) throw repositoryNotFound(name, registry.account)
    return {}
  },
}
