import { type ImageFailure, imageNotFoundFailure } from '../registry/images/find-image.js'
import type { ImageId } from '../registry/images/image.js'
import { UpstreamFailure } from '../registry/ports/upstream.js'
import { upstreamFailureReason } from '../registry/cache-rules/upstream-failure-reason.js'

/** An upstream failure as BatchGetImage reports it. Rethrows any other error. */
export function imageFailureOf(error: unknown, imageId: ImageId): ImageFailure {
  if (!(error instanceof UpstreamFailure)) throw error
  const failureReason = upstreamFailureReason(error)
  switch (error.kind) {
    case 'not-found':
      return imageNotFoundFailure(imageId)
    case 'access-denied':
      return { imageId, failureCode: 'UpstreamAccessDenied', failureReason }
    case 'too-many-requests':
      return { imageId, failureCode: 'UpstreamTooManyRequests', failureReason }
    case 'no-route':
      return { ...imageNotFoundFailure(imageId), failureReason }
    case 'unavailable':
      return { imageId, failureCode: 'UpstreamUnavailable', failureReason }
  }
}

/**
 * A failed check of a cached image on request: its caller is told what the upstream answered also if that no longer has
 * the image. Rethrows any other error.
 */
export function checkFailureOf(error: unknown, imageId: ImageId): ImageFailure {
  const failure = imageFailureOf(error, imageId)
  return error instanceof UpstreamFailure && error.kind === 'not-found'
    ? { ...failure, failureReason: error.message }
    : failure
}
