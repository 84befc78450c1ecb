import {
  findImage,
  type FoundImage,
  type ImageFailure,
  imageNotFoundFailure,
  isImageFailure,
} from '../../../../../registry/images/find-image.js'
import type { ImageId } from '../../../../../registry/images/image.js'
import { isCheckDue } from '../../../../../registry/cache-rules/cache-rule.js'
import type { Context } from '../../../context.js'
import type { Operation } from '../../operation.js'
import { namedRepository } from '../../operation-resources.js'
import { ruleServingRepository } from '../../named-rule.js'
import { imageBatch } from '../../shapes/image-batch.js'

/**
 * Counts as a pull: it is recorded, and images that are not cached are imported if a cache rule serves the repository
 * name.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html
 */
export const batchGetImage: Operation<'BatchGetImage'> = {
  resources: namedRepository,

  async run({ repositoryName, imageIds, acceptedMediaTypes }, context) {
    const { registry, now } = context
    const find = finderFor(repositoryName, context)
    const pull = async (imageId: ImageId) => {
      const found = await find(imageId)
      if (isImageFailure(found)) return found
      if (acceptedMediaTypes && !acceptedMediaTypes.includes(found.image.mediaType))
        return imageNotFoundFailure(imageId)
      void context.recordPullTime(registry, found.image, now, context.log)
      return found
    }
    return imageBatch(imageIds, pull, context)
  },
}

type FindOutcome = FoundImage | ImageFailure

/** Finds stored and current images in the store, and the others through the cache if a rule serves the name. */
function finderFor(repository: string, context: Context): (imageId: ImageId) => Promise<FindOutcome> {
  const { registry, store, importer, principal, request, wait } = context
  const rule = ruleServingRepository(repository, context)
  return async (imageId) => {
    const [isServed, outcome] = await Promise.all([rule, findImage(store, registry, repository, imageId)])
    return isServed && (isForCache(outcome, imageId, context) || (await lacksManifest(outcome, context)))
      ? importer.pull({ registry, repository, imageId, principal, request }, wait)
      : outcome
  }
}

/** Whether a cached image's manifest is lost or damaged, so that the cache has to fetch it again. */
const lacksManifest = async (outcome: FindOutcome, { blobs }: Context): Promise<boolean> =>
  !isImageFailure(outcome) &&
  outcome.image.pulledThrough === true &&
  (await blobs.read(outcome.image.digest)) === undefined

/** Whether the cache must answer: if the image is not stored, or its tag is due for a check. */
function isForCache(outcome: FindOutcome, { imageDigest }: ImageId, { now, settings }: Context): boolean {
  if (isImageFailure(outcome)) return outcome.failureCode === 'ImageNotFound'
  return imageDigest === undefined && outcome.tag !== undefined && isCheckDue(outcome.tag, now, settings.checks)
}
