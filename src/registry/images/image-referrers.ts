import type { Image } from './image.js'
import { imageAnnotations } from './image-contents.js'
import type { Blobs } from '../ports/blob-store.js'
import { keyOf, type Store } from '../ports/store.js'
import type { Registry } from '../registry.js'
import { batchesOf } from '../../coordination/event-loop.js'

/** A descriptor in an index of referrers. */
interface Referrer {
  readonly mediaType: string
  readonly digest: string
  /** Bytes of the manifest. */
  readonly size: number
  readonly artifactType?: string
  readonly annotations?: Record<string, string>
}

/** A request for a page of referrers. */
interface ReferrersQuery {
  readonly repository: string
  /** The digest of the subject. */
  readonly digest: string
  readonly artifactType?: string | undefined
  readonly limit: number
  /** The page begins after this digest. */
  readonly after?: string | undefined
}

/** A page of referrers. */
interface Referrers {
  readonly manifests: readonly Referrer[]
  /** The digest to continue after; absent on the last page. */
  readonly last?: string | undefined
}

/** A page is an index, which is a manifest: this keeps it below the 4 MiB that every client must accept. */
const MAX_PAGE_BYTES = 4_000_000

/** The most bytes of manifests read for a page. Annotations that are too long for records are read from manifests. */
const MAX_MANIFEST_BYTES_READ = 16 * 1024 * 1024

/** The fewest records read for a page with a filter. Such a page may be short or empty and still have a next one. */
const MIN_RECORDS_FILTERED = 100

/** Images that are read together: an image with all its tags is a large record. */
const IMAGES_PER_BATCH = 100

/**
 * The images whose subject is this digest, in the order of their digests; the subject itself need not exist. A page is
 * limited in bytes as well, but contains at least one referrer if there is one.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers
 */
export async function listReferrers(
  { store, blobs }: { readonly store: Store; readonly blobs: Pick<Blobs, 'read'> },
  registry: Registry,
  { repository, digest, artifactType, limit, after }: ReferrersQuery,
): Promise<Referrers> {
  const prefix = keyOf(repository, digest, 'subject', '')
  const { items, next } = await store.references.list(registry, {
    limit: artifactType === undefined ? limit : Math.max(limit, MIN_RECORDS_FILTERED),
    prefix,
    ...(after !== undefined && { after: prefix + after }),
  })
  const manifests: Referrer[] = []
  let pageBytes = 0
  let manifestBytesRead = 0
  let last = after
  for await (const batch of batchesOf(items, IMAGES_PER_BATCH)) {
    const images = await Promise.all(batch.map(({ from }) => store.images.get(registry, keyOf(repository, from))))
    for (const [index, image] of images.entries()) {
      if (image && (artifactType === undefined || image.artifactType === artifactType)) {
        manifestBytesRead += image.annotationsInManifest ? image.manifestSize : 0
        if (manifests.length >= limit || (manifests.length > 0 && manifestBytesRead > MAX_MANIFEST_BYTES_READ))
          return { manifests, last }
        const referrer = await toReferrer(image, blobs)
        pageBytes += Buffer.byteLength(JSON.stringify(referrer))
        if (manifests.length > 0 && pageBytes > MAX_PAGE_BYTES) return { manifests, last }
        manifests.push(referrer)
      }
      last = batch[index]?.from
    }
  }
  return { manifests, ...(next !== undefined && { last }) }
}

/** The descriptor of an image. Its `artifactType` was set when the manifest was parsed. */
async function toReferrer(image: Image, blobs: Pick<Blobs, 'read'>): Promise<Referrer> {
  const { mediaType, digest, manifestSize: size, artifactType } = image
  const annotations = await imageAnnotations(image, blobs)
  return {
    mediaType,
    digest,
    size,
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations !== undefined && { annotations }),
  }
}
