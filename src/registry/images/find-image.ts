import type { Image, ImageId, Tag } from './image.js'
import { isImageTag, TAG_PATTERN } from './image-tag.js'
import { isDigest } from './manifest.js'
import { keyOf, type Records } from '../ports/store.js'
import type { Registry } from '../registry.js'

/** Why one item of a batch could not be served, in the codes and words ECR's `failures` lists use. */
export interface ImageFailure {
  imageId: ImageId
  failureCode:
    | 'ImageNotFound'
    | 'MissingDigestAndTag'
    | 'InvalidImageDigest'
    | 'InvalidImageTag'
    | 'ImageTagDoesNotMatchDigest'
    | 'ImageReferencedByManifestList'
    | 'UpstreamAccessDenied'
    | 'UpstreamTooManyRequests'
    | 'UpstreamUnavailable'
  failureReason: string
}

/** An image found, with the tag it was found by. */
export interface FoundImage {
  image: Image
  tag?: Tag
  /** Set where the image was fetched from an upstream to answer this very request. */
  isImported?: true
}

/** The image a caller names, or the failure that says why there is none. */
export async function findImage(
  records: Pick<Records, 'images' | 'tags'>,
  registry: Registry,
  repository: string,
  imageId: ImageId,
): Promise<FoundImage | ImageFailure> {
  const { imageDigest, imageTag } = imageId
  const invalid = invalidImageId(imageId)
  if (invalid) return invalid

  const tag = imageTag === undefined ? undefined : await records.tags.get(registry, keyOf(repository, imageTag))
  if (imageTag !== undefined && !tag) return imageNotFoundFailure(imageId)
  if (tag && imageDigest !== undefined && tag.digest !== imageDigest) return tagDoesNotMatch(imageId)

  const image = await records.images.get(registry, keyOf(repository, tag?.digest ?? imageDigest ?? ''))
  return image ? { image, ...(tag && { tag }) } : imageNotFoundFailure(imageId)
}

/** Whether a batch item was refused. */
export const isFailure = (outcome: object): outcome is ImageFailure => 'failureCode' in outcome

/** ECR's word for an image that is neither here nor, where a rule serves the name, upstream. */
export const imageNotFoundFailure = (imageId: ImageId): ImageFailure => ({
  imageId,
  failureCode: 'ImageNotFound',
  failureReason: 'Requested image not found',
})

/** The failure of an image id that names nothing or names it wrongly; undefined for a good one. */
export function invalidImageId(imageId: ImageId): ImageFailure | undefined {
  const { imageDigest, imageTag } = imageId
  if (imageDigest === undefined && imageTag === undefined) {
    return {
      imageId,
      failureCode: 'MissingDigestAndTag',
      failureReason: 'Invalid request parameters: both tag and digest cannot be null',
    }
  }
  if (imageDigest !== undefined && !isDigest(imageDigest)) {
    return {
      imageId,
      failureCode: 'InvalidImageDigest',
      failureReason:
        "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'",
    }
  }
  if (imageTag !== undefined && !isImageTag(imageTag)) {
    return {
      imageId,
      failureCode: 'InvalidImageTag',
      failureReason: `Invalid request parameters: image tag should satisfy the regex '${TAG_PATTERN}'`,
    }
  }
  return undefined
}

/** Second-hand: the words another emulator's specs expect. */
const tagDoesNotMatch = (imageId: ImageId): ImageFailure => ({
  imageId,
  failureCode: 'ImageTagDoesNotMatchDigest',
  failureReason: 'Invalid request parameters: given tag does not map to the given digest',
})
