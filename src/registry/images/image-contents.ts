import type { Descriptor, Image } from './image.js'
import { type Manifest, parseManifest } from './manifest.js'
import type { Blobs } from '../ports/blob-store.js'
import { yieldToEventLoop } from '../../coordination/event-loop.js'

/** What an image's manifest lists, without duplicates. */
export interface ImageContents {
  /** The config and the layers of an image; empty for an index. */
  readonly blobs: readonly Descriptor[]
  /** The manifests of an index; empty for an image. */
  readonly manifests: readonly Descriptor[]
}

/** The most descriptors that a record holds: the 127 layers that Docker allows, and a config. */
const MAX_DESCRIPTORS_IN_RECORD = 128

/** The most characters of annotations, as JSON, that a record holds. */
const MAX_ANNOTATIONS_IN_RECORD = 4096

/** The fields of an image's record that come from its manifest and could be large. */
type BoundedFields = Pick<Image, 'annotations' | 'annotationsInManifest' | 'blobs' | 'manifests'>

/** The fields of an image's record that come from its manifest. Their size is bounded, whatever the manifest says. */
export function boundedFields({
  blobs,
  manifests,
  annotations,
  ...fields
}: Manifest): Omit<Manifest, keyof BoundedFields> & BoundedFields {
  const contents = { blobs: distinctDescriptors(blobs), manifests: distinctDescriptors(manifests) }
  return {
    ...fields,
    ...(fields.subject !== undefined && annotations && annotationFields(annotations)),
    ...(areFew(contents) && contents),
  }
}

/**
 * An image record within the present bounds. Earlier versions recorded everything that a manifest of 4 MiB may contain.
 */
export function boundedImage(stored: Image): Image {
  const { blobs = [], manifests = [], annotations, subject } = stored
  const hasBoundedAnnotations = annotations === undefined || (subject !== undefined && fitInRecord(annotations))
  if (hasBoundedAnnotations && areFew({ blobs, manifests })) return stored
  const bounded = { ...stored }
  delete bounded.annotations
  delete bounded.blobs
  delete bounded.manifests
  return { ...bounded, ...boundedFields({ ...stored, blobs, manifests }) }
}

/**
 * The contents of an image: from its record, or from its manifest if that lists more than a record holds. Undefined if
 * the bytes of the manifest are missing.
 */
export async function imageContents(image: Image, blobs: Pick<Blobs, 'read'>): Promise<ImageContents | undefined> {
  if (image.blobs && image.manifests) return { blobs: image.blobs, manifests: image.manifests }
  const manifest = await readManifest(image, blobs)
  return manifest && { blobs: distinctDescriptors(manifest.blobs), manifests: distinctDescriptors(manifest.manifests) }
}

/** The annotations of an image, from its record or its manifest; undefined if the bytes of the manifest are missing. */
export async function imageAnnotations(
  image: Image,
  blobs: Pick<Blobs, 'read'>,
): Promise<Record<string, string> | undefined> {
  return image.annotationsInManifest ? (await readManifest(image, blobs))?.annotations : image.annotations
}

/** The descriptors without duplicate digests: a manifest may list one layer thousands of times. */
export const distinctDescriptors = (descriptors: readonly Descriptor[]): Descriptor[] => [
  ...new Map(descriptors.map((descriptor) => [descriptor.digest, descriptor])).values(),
]

async function readManifest({ digest, mediaType }: Image, blobs: Pick<Blobs, 'read'>): Promise<Manifest | undefined> {
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

const fitInRecord = (annotations: Record<string, string>) =>
  JSON.stringify(annotations).length <= MAX_ANNOTATIONS_IN_RECORD

const areFew = ({ blobs, manifests }: ImageContents) => blobs.length + manifests.length <= MAX_DESCRIPTORS_IN_RECORD
