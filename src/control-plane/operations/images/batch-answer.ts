import type { BatchGetImageResponse, Image } from '@aws-sdk/client-ecr'
import { type FoundImage, type ImageFailure, isFailure } from '../../../registry/find-image.js'
import type { ImageId } from '../../../registry/image.js'
import type { Context } from '../operation.js'
import { withManifest } from './with-manifest.js'

/**
 * The answer to a batch of image ids: the images found with their manifests, and why the others were not. An id
 * given twice is answered once; manifests are read one after the other, for they may be large.
 */
export async function batchAnswer(
  imageIds: ImageId[],
  find: (imageId: ImageId) => Promise<FoundImage | ImageFailure>,
  context: Context,
): Promise<BatchGetImageResponse> {
  const outcomes = await Promise.all(distinct(imageIds).map(find))
  const found = outcomes.filter((outcome): outcome is FoundImage => !isFailure(outcome))
  const images: Image[] = []
  for (const image of found) images.push(await withManifest(image, context))
  return { images, failures: outcomes.filter(isFailure) }
}

const distinct = (imageIds: ImageId[]) => [
  ...new Map(imageIds.map((id) => [JSON.stringify([id.imageDigest, id.imageTag]), id])).values(),
]
