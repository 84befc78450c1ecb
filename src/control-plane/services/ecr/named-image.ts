import { imageNotFound, invalidParameter } from '../../../registry/errors.js'
import { findImage, type ImageFailure, isImageFailure } from '../../../registry/images/find-image.js'
import type { Image, ImageId } from '../../../registry/images/image.js'
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

function refusalOf({ failureCode, failureReason, imageId }: ImageFailure, repository: string, account: string) {
  const isAbsent = failureCode === 'ImageNotFound' || failureCode === 'ImageTagDoesNotMatchDigest'
  return isAbsent ? imageNotFound(imageId, repository, account) : invalidParameter(failureReason)
}
