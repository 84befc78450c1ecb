import type { Descriptor, Image } from './image.js'
import { type Manifest, parseManifest } from './manifest.js'
import type { BlobStore } from '../ports/blob-store.js'
import { yieldToEventLoop } from '../../coordination/event-loop.js'

/** What an image's manifest lists, each digest once. */
export interface Contents {
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
type Recorded = Pick<Image, 'annotations' | 'annotationsInManifest' | 'blobs' | 'manifests'>

/** What an image's record holds of its manifest: of bounded size, whatever the manifest says. */
export function recordedOf({
  blobs,
  manifests,
  annotations,
  ...about
}: Manifest): Omit<Manifest, keyof Recorded> & Recorded {
  const contents = { blobs: distinct(blobs), manifests: distinct(manifests) }
  return {
    ...about,
    ...(about.subject !== undefined && annotations && recordedAnnotations(annotations)),
    ...(isFew(contents) && contents),
  }
}

/** An image as it is recorded now. Earlier versions recorded all that a manifest of 4 MiB may say. */
export function boundedImage(stored: Image): Image {
  const { blobs = [], manifests = [], annotations, subject } = stored
  const isRecordedSo = annotations === undefined || (subject !== undefined && areShort(annotations))
  if (isRecordedSo && isFew({ blobs, manifests })) return stored
  const bounded = { ...stored }
  delete bounded.annotations
  delete bounded.blobs
  delete bounded.manifests
  return { ...bounded, ...recordedOf({ ...stored, blobs, manifests }) }
}

/**
 * What an image lists: from its record, or from its manifest where that is more than a record holds. Undefined where the
 * manifest's bytes are not here.
 */
export async function contentsOf(image: Image, blobs: Pick<BlobStore, 'read'>): Promise<Contents | undefined> {
  if (image.blobs && image.manifests) return { blobs: image.blobs, manifests: image.manifests }
  const manifest = await manifestOf(image, blobs)
  return manifest && { blobs: distinct(manifest.blobs), manifests: distinct(manifest.manifests) }
}

/** An image's annotations, from its record or from its manifest; none where the manifest's bytes are not here. */
export async function annotationsOf(
  image: Image,
  blobs: Pick<BlobStore, 'read'>,
): Promise<Record<string, string> | undefined> {
  return image.annotationsInManifest ? (await manifestOf(image, blobs))?.annotations : image.annotations
}

/** Descriptors with each digest once: a manifest may list one layer thousands of times. */
export const distinct = (descriptors: readonly Descriptor[]): Descriptor[] => [
  ...new Map(descriptors.map((descriptor) => [descriptor.digest, descriptor])).values(),
]

async function manifestOf({ digest, mediaType }: Image, blobs: Pick<BlobStore, 'read'>): Promise<Manifest | undefined> {
  const bytes = await blobs.read(digest)
  await yieldToEventLoop()
  try {
    return bytes && parseManifest(bytes, mediaType)
  } catch {
    return undefined
  }
}

const recordedAnnotations = (annotations: Record<string, string>) =>
  areShort(annotations) ? { annotations } : { annotationsInManifest: true as const }

const areShort = (annotations: Record<string, string>) => JSON.stringify(annotations).length <= ANNOTATIONS_IN_RECORD

const isFew = ({ blobs, manifests }: Contents) => blobs.length + manifests.length <= DESCRIPTORS_IN_RECORD
