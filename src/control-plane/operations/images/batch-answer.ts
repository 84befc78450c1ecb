import type { BatchGetImageResponse, Image } from '@aws-sdk/client-ecr'
import { type FoundImage, type ImageFailure, isFailure } from '../../../registry/find-image.js'
import type { ImageId } from '../../../registry/image.js'
import { invalidParameterAt } from '../../../registry/errors.js'
import { mapInSlices } from '../../../registry/slices.js'
import type { Context } from '../operation.js'
import { withManifest } from './with-manifest.js'

/**
 * The answer to a batch of image ids: the images found with their manifests, and why the others were not. An id
 * given twice is answered once; manifests are read one after the other, for they may be large. Throws InvalidParameter
 * for ids whose manifests are more than an answer may hold.
 */
export async function batchAnswer(
  imageIds: ImageId[],
  find: (imageId: ImageId) => Promise<FoundImage | ImageFailure>,
  context: Context,
): Promise<BatchGetImageResponse> {
  const outcomes = await mapInSlices(distinct(imageIds), find)
  const found = outcomes.filter((outcome): outcome is FoundImage => !isFailure(outcome))
  const bytes = found.reduce((sum, { image }) => sum + image.manifestSize, 0)
  if (bytes > MAX_MANIFEST_BYTES_IN_ALL) throw tooManyBytes()
  const images: Image[] = []
  for (const image of found) images.push(await withManifest(image, context))
  return { images, failures: outcomes.filter(isFailure) }
}

/** Ours: what the service does with a hundred manifests of 4 MiB is not known. One manifest is never too much. */
const MAX_MANIFEST_BYTES_IN_ALL = 8 * 1024 * 1024

const tooManyBytes = () =>
  invalidParameterAt(
    'imageIds',
    `Manifests of the images named must have no more than ${MAX_MANIFEST_BYTES_IN_ALL} bytes together: ask for fewer images at a time`,
  )

const distinct = (imageIds: ImageId[]) => [
  ...new Map(imageIds.map((id) => [JSON.stringify([id.imageDigest, id.imageTag]), id])).values(),
]
