import { repositoryNotFound, tooManyTags } from '../../../../../registry/errors.js'
import type { Operation } from '../../operation.js'
import { namedResource } from '../../operation-resources.js'
import { MAX_TAGS, taggedRepository } from '../../resource-tags.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UntagResource.html
 *
 * @exact Removes the tags with these keys.
 * @inferred Keys that the repository does not have are ignored; 50 keys at most; the message of an ARN that is not
 *   one.
 */
export const untagResource: Operation<'UntagResource'> = {
  resources: namedResource,

  async run({ resourceArn, tagKeys }, { registry, store }) {
    const name = taggedRepository(resourceArn, registry)
    if (tagKeys.length > MAX_TAGS) throw tooManyTags()
    const untagged = await store.repositories.update(registry, name, (repository) => ({
      ...repository,
      tags: repository.tags.filter(({ Key }) => !tagKeys.includes(Key)),
    }))
    if (!untagged) throw repositoryNotFound(name, registry.account)
    return {}
  },
}
