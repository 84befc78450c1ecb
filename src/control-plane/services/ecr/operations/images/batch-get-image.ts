import { repositoryNotFound } from '../../../../../registry/errors.js'
import {
  findImage,
  type FoundImage,
  type ImageFailure,
  imageNotFoundFailure,
  isFailure,
} from '../../../../../registry/images/find-image.js'
import type { ImageId } from '../../../../../registry/images/image.js'
import { listAll } from '../../../../../registry/list-records.js'
import { isCheckDue, type PullThroughCacheRule, ruleServing } from '../../../../../registry/cache-rules/cache-rule.js'
import { recordPull } from '../../../../../registry/images/record-pull.js'
import type { Context } from '../../../context.js'
import type { Operation } from '../../operation.js'
import { namedRepository } from '../../operation-resources.js'
import { imageBatch } from '../../shapes/image-batch.js'

/**
 * A pull like any other: it is recorded, and where a cache rule serves the name it brings what is not cached.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html
 */
export const batchGetImage: Operation<'BatchGetImage'> = {
  resources: namedRepository,

  async run({ repositoryName, imageIds, acceptedMediaTypes }, context) {
    const { registry, now } = context
    const find = finderFor(repositoryName, context)
    const pull = async (imageId: ImageId) => {
      const found = await find(imageId)
      if (isFailure(found)) return found
      if (acceptedMediaTypes && !acceptedMediaTypes.includes(found.image.mediaType))
        return imageNotFoundFailure(imageId)
      void recordPull(context, registry, found.image, now)
      return found
    }
    return imageBatch(imageIds, pull, context)
  },
}

type Found = FoundImage | ImageFailure

/** What is here and current is answered from here, the rest by the cache, where a rule serves the name. */
function finderFor(repository: string, context: Context): (imageId: ImageId) => Promise<Found> {
  const { registry, store, importer, principal, request, wait } = context
  const rule = ruleFor(repository, context)
  return async (imageId) => {
    const [serving, found] = await Promise.all([rule, findImage(store, registry, repository, imageId)])
    return serving && (isForCache(found, imageId, context) || (await lacksManifest(found, context)))
      ? importer.pull({ registry, repository, imageId, principal, request }, wait)
      : found
  }
}

/** The rule that serves a name, which then need not be a repository yet. */
async function ruleFor(repository: string, { registry, store }: Context): Promise<PullThroughCacheRule | undefined> {
  const [rules, existing] = await Promise.all([
    listAll(store.rules, registry),
    store.repositories.get(registry, repository),
  ])
  const rule = ruleServing(repository, rules)
  if (!rule && !existing) throw repositoryNotFound(repository, registry.account)
  return rule
}

/** Whether a cached image's manifest is lost or damaged: the cache fetches it again. */
const lacksManifest = async (found: Found, { blobs }: Context): Promise<boolean> =>
  !isFailure(found) && found.image.pulledThrough === true && (await blobs.read(found.image.digest)) === undefined

/** Whether the cache has more to say: of an image that is not here, and of a tag that is due for a check. */
function isForCache(found: Found, { imageDigest }: ImageId, { now, settings }: Context): boolean {
  if (isFailure(found)) return found.failureCode === 'ImageNotFound'
  return imageDigest === undefined && found.tag !== undefined && isCheckDue(found.tag, now, settings.checks)
}
