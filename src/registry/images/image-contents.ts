import type { Descriptor, Image } from './image.js'
import { type Manifest, parseManifest } from './manifest.js'
import type { BlobStore } from '../ports/blob-store.js'
import { yieldToEventLoop } from '../../coordination/event-loop.js'

/** What an image's manifest lists, each digest once. */
export interface ImageContents {
  /** Config and layers of an image; nothing of an index. */
  readonly blobs: readonly Descriptor[]
  /** The manifests an index lists; nothing of an image. */
  readonly manifests: readonly Descriptor[]
}

/** Descriptors a record holds: the 127 layers Docker allows, and a config. */
const DESCRIPTORS_IN_RECORD = 128

/** Characters of annotations a record holds, as JSON. */
const ANNOTATIONS_IN_RECORD = 4096

/** The parts of an image's record that its manifest decides and that could be large. */
type BoundedFields = Pick<Image, 'annotations' | 'annotationsInManifest' | 'blobs' | 'manifests'>

/** What an image's record holds of its manifest: of bounded size, whatever the manifest says. */
export function boundedFields({
  blobs,
  manifests,
  annotations,
  ...about
}: Manifest): Omit<Manifest, keyof BoundedFields> & BoundedFields {
  const contents = { blobs: distinctDescriptors(blobs), manifests: distinctDescriptors(manifests) }
  return {
    ...about,
    ...(about.subject !== undefined && annotations && annotationFields(annotations)),
    ...(areFew(contents) && contents),
  }
}

/** An image as it is recorded now. Earlier versions recorded all that a manifest of 4 MiB may say. */
export function boundedImage(stored: Image): Image {
  const { blobs = [], manifests = [], annotations, subject } = stored
  const isRecordedSo = annotations === undefined || (subject !== undefined && fitInRecord(annotations))
  if (isRecordedSo && areFew({ blobs, manifests })) return stored
  const bounded = { ...stored }
  delete bounded.annotations
  delete bounded.blobs
  delete bounded.manifests
  return { ...bounded, ...boundedFields({ ...stored, blobs, manifests }) }
}

/**
 * What an image lists: from its record, or from its manifest where that is more than a record holds. Undefined where the
 * manifest's bytes are not here.
 */
export async function imageContents(image: Image, blobs: Pick<BlobStore, 'read'>): Promise<ImageContents | undefined> {
  if (image.blobs && image.manifests) return { blobs: image.blobs, manifests: image.manifests }
  const manifest = await readManifest(image, blobs)
  return manifest && { blobs: distinctDescriptors(manifest.blobs), manifests: distinctDescriptors(manifest.manifests) }
}

/** An image's annotations, from its record or from its manifest; none where the manifest's bytes are not here. */
export async function imageAnnotations(
  image: Image,
  blobs: Pick<BlobStore, 'read'>,
): Promise<Record<string, string> | undefined> {
  return image.annotationsInManifest ? (await readManifest(image, blobs))?.annotations : image.annotations
}

/** Descriptors with each digest once: a manifest may list one layer thousands of times. */
export const distinctDescriptors = (descriptors: readonly Descriptor[]): Descriptor[] => [
  ...new Map(descriptors.map((descriptor) => [descriptor.digest, descriptor])).values(),
]

async function readManifest(
  { digest, mediaType }: Image,
  blobs: Pick<BlobStore, 'read'>,
): Promise<Manifest | undefined> {
  const bytes = await blobs.read(digest)
  await yieldToEventLoop()
  try {
    return bytes && parseManifest(bytes, mediaType)
  } catch {
    return undefined
  }
}

const annotationFields = (annotations: Record<string, string>) =>
  fitInRecord(annotations) ? { annotations } : { annotationsInManifest: true as const }

const fitInRecord = (annotations: Record<string, string>) => JSON.stringify(annotations).length <= ANNOTATIONS_IN_RECORD

const areFew = ({ blobs, manifests }: ImageContents) => blobs.length + manifests.length <= DESCRIPTORS_IN_RECORD
