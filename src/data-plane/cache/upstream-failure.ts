import { type ImageFailure, imageNotFoundFailure } from '../../registry/find-image.js'
import type { ImageId } from '../../registry/image.js'
import { UpstreamFailure } from '../../registry/ports/upstream.js'

/** The first sentence is ECR's; its second is cut off in the one public capture. */
const ACCESS_DENIED =
  'The authentication to the upstream registry failed. Verify that the credentials are valid and try again.'

/** An upstream that gave no usable answer, in the failure codes of BatchGetImage; any other error is thrown on. */
export function upstreamFailureOf(error: unknown, imageId: ImageId): ImageFailure {
  if (!(error instanceof UpstreamFailure)) throw error
  switch (error.kind) {
    case 'not-found':
      return imageNotFoundFailure(imageId)
    case 'access-denied':
      return { imageId, failureCode: 'UpstreamAccessDenied', failureReason: ACCESS_DENIED }
    case 'too-many-requests':
      return { imageId, failureCode: 'UpstreamTooManyRequests', failureReason: error.message }
    case 'no-route':
      return { ...imageNotFoundFailure(imageId), failureReason: error.message }
    case 'unavailable':
      return { imageId, failureCode: 'UpstreamUnavailable', failureReason: error.message }
  }
}
