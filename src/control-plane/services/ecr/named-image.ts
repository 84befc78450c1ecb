import { imageNotFound, invalidParameter } from '../../../registry/errors.js'
import { findImage, type ImageFailure, isImageFailure } from '../../../registry/images/find-image.js'
import { isImageTag } from '../../../registry/images/image-tag.js'
import type { Image, ImageId } from '../../../registry/images/image.js'
import { isDigest } from '../../../registry/images/manifest.js'
import type { Awaitable } from '../../../registry/ports/awaitable.js'
import { keyOf } from '../../../registry/ports/store.js'
import type { Context } from '../context.js'

/**
 * The image that a call names, for operations whose answer has no list of failures. Throws ImageNotFoundException, or
 * InvalidParameterException for an id that is empty or malformed.
 */
export async function namedImage(
  imageId: ImageId,
  repository: string,
  { store, registry }: Pick<Context, 'store' | 'registry'>,
): Promise<Image> {
  const outcome = await findImage(store, registry, repository, imageId)
  if (isImageFailure(outcome)) throw refusalOf(outcome, repository, registry.account)
  return outcome.image
}

/**
 * The same image, and the record about it at the key of the image in another collection. Both are read together once
 * the digest is known, so that a call that names a digest waits for the store only once.
 */
export async function namedImageWith<T>(
  imageId: ImageId,
  repository: string,
  context: Pick<Context, 'store' | 'registry'>,
  recordAt: (key: string) => Awaitable<T | undefined>,
): Promise<[Image, T | undefined]> {
  const { registry, store } = context
  const { imageDigest, imageTag } = imageId
  const isByTag = imageDigest === undefined && imageTag !== undefined && isImageTag(imageTag)
  const tag = isByTag ? await store.tags.get(registry, keyOf(repository, imageTag)) : undefined
  const digest = tag?.digest ?? imageDigest ?? ''
  return Promise.all([
    namedImage(tag ? { imageDigest: tag.digest } : imageId, repository, context),
    isDigest(digest) ? recordAt(keyOf(repository, digest)) : undefined,
  ])
}

function refusalOf({ failureCode, failureReason, imageId }: ImageFailure, repository: string, account: string) {
  const isAbsent = failureCode === 'ImageNotFound' || failureCode === 'ImageTagDoesNotMatchDigest'
  return isAbsent ? imageNotFound(imageId, repository, account) : invalidParameter(failureReason)
}
