import type { BatchGetImageResponse, Image as SdkImage } from '@aws-sdk/client-ecr'
import { mapInBatches } from '../../../../coordination/event-loop.js'
import { invalidParameterAt } from '../../../../registry/errors.js'
import { convertedManifest } from '../../../../registry/images/converted-manifest.js'
import {
  type FoundImage,
  type ImageFailure,
  imageNotFoundFailure,
  isImageFailure,
} from '../../../../registry/images/find-image.js'
import type { ImageId } from '../../../../registry/images/image.js'
import type { Context } from '../../context.js'
import { imageWithManifest } from './image-shapes.js'

/**
 * The most characters of repeated manifests in an answer, so that many tags of a large image do not multiply its size.
 */
const MAX_REPEATED_CHARACTERS = 4_194_304

/** An image to be returned, and the media type to which its manifest is converted first, if it is. */
export interface ImageToReturn extends FoundImage {
  readonly convertTo?: string
}

/**
 * The answer to a batch of image ids: the images that exist, with their manifests, and the failures for the others.
 * An image named only by its digest has an entry for each of its tags, up to the limit of repeated characters. An id
 * that is sent twice is answered once. Manifests are read one after another, because they may be large; one that
 * cannot be converted as required is a failure. Throws InvalidParameterException if the manifests are larger than an
 * answer may be.
 */
export async function imageBatch(
  imageIds: ImageId[],
  find: (imageId: ImageId) => Promise<ImageToReturn | ImageFailure>,
  context: Context,
): Promise<BatchGetImageResponse> {
  const ids = distinct(imageIds)
  const outcomes = await mapInBatches(ids, find)
  const bytes = outcomes.reduce((sum, outcome) => (isImageFailure(outcome) ? sum : sum + outcome.image.manifestSize), 0)
  if (bytes > MAX_MANIFEST_BYTES) throw tooManyBytes()
  const images = new Map<string, SdkImage>()
  const failures = outcomes.filter(isImageFailure)
  let remaining = MAX_REPEATED_CHARACTERS
  for (const [index, outcome] of outcomes.entries()) {
    if (isImageFailure(outcome)) continue
    const [first, ...more] = tagsToName(outcome, ids[index])
    const image = converted(await imageWithManifest(outcome.image, first, context), outcome)
    if (!image) {
      failures.push(imageNotFoundFailure(ids[index] ?? {}))
      continue
    }
    add(image, images)
    for (const imageTag of more) {
      remaining -= image.imageManifest?.length ?? 0
      if (remaining >= 0) add({ ...image, imageId: { ...image.imageId, imageTag } }, images)
    }
  }
  return { images: [...images.values()], failures }
}

/**
 * A limit of ours: how the service answers with a hundred manifests of 4 MiB is not known. A single manifest always
 * fits.
 */
const MAX_MANIFEST_BYTES = 8 * 1024 * 1024

const tooManyBytes = () =>
  invalidParameterAt(
    'imageIds',
    `Manifests of the images named must have no more than ${MAX_MANIFEST_BYTES} bytes together: ask for fewer images at a time`,
  )

/** The tag by which an image was named; all its tags if it was named by its digest. */
function tagsToName({ image, tag }: FoundImage, imageId: ImageId | undefined): string[] {
  if (imageId?.imageTag !== undefined) return [imageId.imageTag]
  return tag ? [tag.tag] : image.tags
}

/** The image, its manifest converted if required; undefined if that is impossible. Its digest is the stored one. */
function converted(image: SdkImage, { convertTo }: ImageToReturn): SdkImage | undefined {
  if (convertTo === undefined) return image
  const imageManifest = convertedManifest(image.imageManifest ?? '', convertTo)
  return imageManifest === undefined ? undefined : { ...image, imageManifest, imageManifestMediaType: convertTo }
}

const add = (image: SdkImage, images: Map<string, SdkImage>) =>
  void images.set(JSON.stringify([image.imageId?.imageDigest, image.imageId?.imageTag]), image)

const distinct = (imageIds: ImageId[]) => [
  ...new Map(imageIds.map((id) => [JSON.stringify([id.imageDigest, id.imageTag]), id])).values(),
]
