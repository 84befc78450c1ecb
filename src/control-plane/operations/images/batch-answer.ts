import type { BatchGetImageResponse } from '@aws-sdk/client-ecr'
import { type FoundImage, type ImageFailure, isFailure } from '../../../registry/find-image.js'
import type { ImageId } from '../../../registry/image.js'
import type { Context } from '../operation.js'
import { withManifest } from './with-manifest.js'

/** The answer to a batch of image ids: the images found with their manifests, and why the others were not. */
export async function batchAnswer(
  imageIds: ImageId[],
  find: (imageId: ImageId) => Promise<FoundImage | ImageFailure>,
  context: Context,
): Promise<BatchGetImageResponse> {
  const outcomes = await Promise.all(imageIds.map(find))
  const found = outcomes.filter((outcome): outcome is FoundImage => !isFailure(outcome))
  return {
    images: await Promise.all(found.map((image) => withManifest(image, context))),
    failures: outcomes.filter(isFailure),
  }
}
