import { repositoryNotFound } from '../../../../../registry/errors.js'
import type { Operation } from '../../operation.js'
import { namedResource } from '../../operation-resources.js'
import { acceptTags, taggedRepository } from '../../resource-tags.js'

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_TagResource.html */
export const tagResource: Operation<'TagResource'> = {
  resources: namedResource,

  async run({ resourceArn, tags }, { registry, store }) {
    const name = taggedRepository(resourceArn, registry)
    const given = acceptTags(tags)
    const tagged = await store.repositories.update(registry, name, (repository) => {
      const kept = repository.tags.filter(({ Key }) => !given.some((tag) => tag.Key === Key))
      return { ...repository, tags: acceptTags([...kept, ...given]) }
    })
    if (!tagged) throw repositoryNotFound(name, registry.account)
    return {}
  },
}
