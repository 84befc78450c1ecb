import type { FoundImage, ImageFailure } from './find-image.js'
import type { ImageId } from './image.js'
import { imageStatus } from './storage-class.js'

/**
 * The image, or the failure that refuses to pull it: an image in the archive cannot be pulled, nor one that is being
 * restored. The code is the service's, the sentences are (inferred).
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/archive-image.html
 */
export function pullableImage(found: FoundImage, imageId: ImageId, now: Date): FoundImage | ImageFailure {
  const status = imageStatus(found.image, now)
  if (status === 'ACTIVE') return found
  const failureReason =
    status === 'ARCHIVED'
      ? 'Requested image is archived. Restore it, or push it again, before you pull it.'
      : 'Requested image is being restored from the archive. Try again once its status is ACTIVE.'
  return { imageId, failureCode: 'ImageInaccessible', failureReason }
}
