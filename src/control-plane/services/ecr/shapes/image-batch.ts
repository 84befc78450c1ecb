import type { BatchGetImageResponse, Image } from '@aws-sdk/client-ecr'
import { type FoundImage, type ImageFailure, isFailure } from '../../../../registry/images/find-image.js'
import type { ImageId } from '../../../../registry/images/image.js'
import { invalidParameterAt } from '../../../../registry/errors.js'
import { mapInBatches } from '../../../../coordination/event-loop.js'
import type { Context } from '../operation.js'
import { withManifest } from './image-with-manifest.js'

/** Characters of manifests that an answer may repeat, so that many tags of a large image do not multiply it without end. */
const MOST_REPEATED = 4_194_304

/**
 * The answer to a batch of image ids: the images found with their manifests, and why the others were not. An image that is
 * named by its digest alone has an entry for each of its tags, as far as the answer stays of a bearable size; what is named
 * twice is answered once. Manifests are read one after the other, for they may be large. Throws InvalidParameter for ids
 * whose manifests are more than an answer may hold.
 */
export async function batchAnswer(
  imageIds: ImageId[],
  find: (imageId: ImageId) => Promise<FoundImage | ImageFailure>,
  context: Context,
): Promise<BatchGetImageResponse> {
  const ids = distinct(imageIds)
  const outcomes = await mapInBatches(ids, find)
  const bytes = outcomes.reduce((sum, found) => (isFailure(found) ? sum : sum + found.image.manifestSize), 0)
  if (bytes > MAX_MANIFEST_BYTES_IN_ALL) throw tooManyBytes()
  const images = new Map<string, Image>()
  let left = MOST_REPEATED
  for (const [index, found] of outcomes.entries()) {
    if (isFailure(found)) continue
    const [first, ...more] = tagsToName(found, ids[index])
    const image = await withManifest(found.image, first, context)
    add(image, images)
    for (const imageTag of more) {
      left -= image.imageManifest?.length ?? 0
      if (left >= 0) add({ ...image, imageId: { ...image.imageId, imageTag } }, images)
    }
  }
  return { images: [...images.values()], failures: outcomes.filter(isFailure) }
}

/** Ours: what the service does with a hundred manifests of 4 MiB is not known. One manifest is never too much. */
const MAX_MANIFEST_BYTES_IN_ALL = 8 * 1024 * 1024

const tooManyBytes = () =>
  invalidParameterAt(
    'imageIds',
    `Manifests of the images named must have no more than ${MAX_MANIFEST_BYTES_IN_ALL} bytes together: ask for fewer images at a time`,
  )

/** The tag an image was named by; all of its tags, if any, where it was named by its digest. */
function tagsToName({ image, tag }: FoundImage, imageId: ImageId | undefined): string[] {
  if (imageId?.imageTag !== undefined) return [imageId.imageTag]
  return tag ? [tag.tag] : image.tags
}

const add = (image: Image, images: Map<string, Image>) =>
  void images.set(JSON.stringify([image.imageId?.imageDigest, image.imageId?.imageTag]), image)

const distinct = (imageIds: ImageId[]) => [
  ...new Map(imageIds.map((id) => [JSON.stringify([id.imageDigest, id.imageTag]), id])).values(),
]
