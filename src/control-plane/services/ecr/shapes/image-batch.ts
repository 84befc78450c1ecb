import type { BatchGetImageResponse, Image as SdkImage } from '@aws-sdk/client-ecr'
import { mapInBatches } from '../../../../coordination/event-loop.js'
import { invalidParameterAt } from '../../../../registry/errors.js'
import { type FoundImage, type ImageFailure, isFailure } from '../../../../registry/images/find-image.js'
import type { ImageId } from '../../../../registry/images/image.js'
import type { Context } from '../../context.js'
import { imageWithManifest } from './image-shapes.js'

/** Limit of the characters of manifests that an answer repeats, so that many tags of a large image do not multiply it. */
const MAX_REPEATED_CHARACTERS = 4_194_304

/**
 * The answer to a batch of image ids: the images found with their manifests, and why the others were not. An image that is
 * named by its digest alone has an entry for each of its tags, up to the limit of repeated characters; an id that is sent
 * twice is answered once. Manifests are read one after the other, for they may be large. Throws InvalidParameterException
 * for ids whose manifests are more than an answer may hold.
 */
export async function imageBatch(
  imageIds: ImageId[],
  find: (imageId: ImageId) => Promise<FoundImage | ImageFailure>,
  context: Context,
): Promise<BatchGetImageResponse> {
  const ids = distinct(imageIds)
  const outcomes = await mapInBatches(ids, find)
  const bytes = outcomes.reduce((sum, outcome) => (isFailure(outcome) ? sum : sum + outcome.image.manifestSize), 0)
  if (bytes > MAX_MANIFEST_BYTES) throw tooManyBytes()
  const images = new Map<string, SdkImage>()
  let remaining = MAX_REPEATED_CHARACTERS
  for (const [index, outcome] of outcomes.entries()) {
    if (isFailure(outcome)) continue
    const [first, ...more] = tagsToName(outcome, ids[index])
    const image = await imageWithManifest(outcome.image, first, context)
    add(image, images)
    for (const imageTag of more) {
      remaining -= image.imageManifest?.length ?? 0
      if (remaining >= 0) add({ ...image, imageId: { ...image.imageId, imageTag } }, images)
    }
  }
  return { images: [...images.values()], failures: outcomes.filter(isFailure) }
}

/** A limit of ours: what the service does with a hundred manifests of 4 MiB is not known. A single manifest always fits. */
const MAX_MANIFEST_BYTES = 8 * 1024 * 1024

const tooManyBytes = () =>
  invalidParameterAt(
    'imageIds',
    `Manifests of the images named must have no more than ${MAX_MANIFEST_BYTES} bytes together: ask for fewer images at a time`,
  )

/** The tag an image was named by; all of its tags, if any, where it was named by its digest. */
function tagsToName({ image, tag }: FoundImage, imageId: ImageId | undefined): string[] {
  if (imageId?.imageTag !== undefined) return [imageId.imageTag]
  return tag ? [tag.tag] : image.tags
}

const add = (image: SdkImage, images: Map<string, SdkImage>) =>
  void images.set(JSON.stringify([image.imageId?.imageDigest, image.imageId?.imageTag]), image)

const distinct = (imageIds: ImageId[]) => [
  ...new Map(imageIds.map((id) => [JSON.stringify([id.imageDigest, id.imageTag]), id])).values(),
]
