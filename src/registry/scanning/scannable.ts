import { type ImageContents, imageContents } from '../images/image-contents.js'
import type { Image } from '../images/image.js'
import { isIndex } from '../images/manifest.js'
import type { Blobs } from '../ports/blob-store.js'

/** The media types of an image's config. Other artifacts have another one. */
const CONFIG_TYPES: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
])

/** The layers that are part of a file system, compressed or not. */
const LAYER_TYPE = /^application\/vnd\.(oci\.image\.layer\.v1\.tar|docker\.image\.rootfs\.diff\.tar)/

/**
 * What there is to be scanned in an image; undefined for what cannot be scanned: an index, whose images are scanned
 * instead, and artifacts that are not images, such as signatures and charts.
 */
export async function scannableContents(image: Image, blobs: Pick<Blobs, 'read'>): Promise<ImageContents | undefined> {
  if (isIndex(image.mediaType)) return undefined
  const contents = await imageContents(image, blobs)
  const isImage = contents?.blobs.some(({ mediaType }) => CONFIG_TYPES.has(mediaType))
  const hasLayers = contents?.blobs.some(({ mediaType }) => LAYER_TYPE.test(mediaType))
  return isImage && hasLayers ? contents : undefined
}
