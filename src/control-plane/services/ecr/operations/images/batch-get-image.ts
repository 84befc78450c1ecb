import { conversionFor } from '../../../../../registry/images/converted-manifest.js'
import {
  findImage,
  type FoundImage,
  type ImageFailure,
  imageNotFoundFailure,
  isImageFailure,
} from '../../../../../registry/images/find-image.js'
import type { ImageId } from '../../../../../registry/images/image.js'
import { pullableImage } from '../../../../../registry/images/pullable-image.js'
import { isCheckDue } from '../../../../../registry/cache-rules/cache-rule.js'
import type { Context } from '../../../context.js'
import type { Operation } from '../../operation.js'
import { namedRepository } from '../../operation-resources.js'
import { ruleServingRepository } from '../../named-rule.js'
import { imageBatch, type ImageToReturn } from '../../shapes/image-batch.js'

/**
 * Counts as a pull: it is recorded, and images that are not cached are imported if a cache rule serves the repository
 * name.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html
 *
 * @exact The manifest as it was pushed, or converted between Docker schema 2 and OCI for an image named by its tag;
 *   failures by image with the service's codes; acceptedMediaTypes; counts as a pull and, under a pull through cache
 *   rule, imports the image.
 * @inferred An image named by digest has an entry for each tag, up to 4 MiB of repeated manifests; more than 8 MiB of
 *   manifests are refused; an image of another media type is ImageNotFound; a converted image keeps its digest; the
 *   reason for an archived image is ours.
 * @notModelled Conversion to schema 1.
 */
export const batchGetImage: Operation<'BatchGetImage'> = {
  resources: namedRepository,

  async run({ repositoryName, imageIds, acceptedMediaTypes }, context) {
    const { registry, now } = context
    const find = finderFor(repositoryName, context)
    const pull = async (imageId: ImageId): Promise<ImageToReturn | ImageFailure> => {
      const found = await find(imageId)
      if (isImageFailure(found)) return found
      const accepted = acceptable(found, imageId, acceptedMediaTypes)
      if (isImageFailure(accepted)) return accepted
      const pullable = pullableImage(found, imageId, now)
      if (!isImageFailure(pullable)) void context.recordPullTime(registry, found.image, context)
      return isImageFailure(pullable) ? pullable : accepted
    }
    return imageBatch(imageIds, pull, context)
  },
}

/**
 * The image, converted if the caller accepts only the other format; or the failure that it has no acceptable format.
 * An image that is named by its digest is never converted.
 */
function acceptable(
  found: FoundImage,
  imageId: ImageId,
  acceptedTypes: string[] | undefined,
): ImageToReturn | ImageFailure {
  const { mediaType } = found.image
  if (!acceptedTypes || acceptedTypes.includes(mediaType)) return found
  const convertTo = imageId.imageDigest === undefined ? conversionFor(mediaType, acceptedTypes) : undefined
  return convertTo === undefined ? imageNotFoundFailure(imageId) : { ...found, convertTo }
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
