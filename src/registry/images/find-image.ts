import type { Image, ImageId, Tag } from './image.js'
import { isImageTag, TAG_PATTERN } from './image-tag.js'
import { isDigest } from './manifest.js'
import { keyOf, type Records } from '../ports/store.js'
import type { Registry } from '../registry.js'

/** Why an item of a batch failed, with the codes and sentences of ECR's `failures` lists. */
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
    | 'ImageInaccessible'
  failureReason: string
}

/** The image that an image id names, with the tag if the id contains one. */
export interface FoundImage {
  image: Image
  tag?: Tag
  /** Set if the image was imported from its upstream for this request. */
  isImported?: true
}

/** The image that an image id names, or the failure that says why there is none. */
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

/** Whether the outcome for an item of a batch is a failure. */
export const isImageFailure = (outcome: object): outcome is ImageFailure => 'failureCode' in outcome

/** The failure for an image that is neither here nor, if a rule covers the repository, in the upstream. */
export const imageNotFoundFailure = (imageId: ImageId): ImageFailure => ({
  imageId,
  failureCode: 'ImageNotFound',
  failureReason: 'Requested image not found',
})

/** The failure for an image id that is empty or malformed; undefined for a valid one. */
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

/** The sentence is second-hand: another emulator's tests expect it. */
const tagDoesNotMatch = (imageId: ImageId): ImageFailure => ({
  imageId,
  failureCode: 'ImageTagDoesNotMatchDigest',
  failureReason: 'Invalid request parameters: given tag does not map to the given digest',
})
