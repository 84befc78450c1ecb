import type { Image } from './image.js'
import { imageAnnotations } from './image-contents.js'
import type { Blobs } from '../ports/blob-store.js'
import { type ImageStatus, imageStatus } from './storage-class.js'
import { keyOf, type Store } from '../ports/store.js'
import type { Registry } from '../registry.js'
import { batchesOf } from '../../coordination/event-loop.js'

/** A descriptor in an index of referrers. */
interface Descriptor {
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
  /** Only referrers of these types; all if empty. */
  readonly artifactTypes: readonly string[]
  readonly status: ImageStatus | 'ANY'
  /** The time at which referrers have the status. */
  readonly now: Date
  readonly limit: number
  /** The page begins after this digest. */
  readonly after?: string | undefined
}

/** An image that refers to the subject, and whether it can be pulled. */
interface Referrer {
  readonly descriptor: Descriptor
  readonly status: ImageStatus
}

/** A page of referrers. */
interface Referrers {
  readonly referrers: readonly Referrer[]
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
  query: ReferrersQuery,
): Promise<Referrers> {
  const { repository, digest, artifactTypes, limit, after } = query
  const prefix = keyOf(repository, digest, 'subject', '')
  const { items, next } = await store.references.list(registry, {
    limit: artifactTypes.length === 0 ? limit : Math.max(limit, MIN_RECORDS_FILTERED),
    prefix,
    ...(after !== undefined && { after: prefix + after }),
  })
  const referrers: Referrer[] = []
  let pageBytes = 0
  let manifestBytesRead = 0
  let last = after
  for await (const batch of batchesOf(items, IMAGES_PER_BATCH)) {
    const images = await Promise.all(batch.map(async ({ from }) => store.images.get(registry, keyOf(repository, from))))
    for (const [index, image] of images.entries()) {
      if (image && isListed(image, query)) {
        manifestBytesRead += image.annotationsInManifest ? image.manifestSize : 0
        if (referrers.length >= limit || (referrers.length > 0 && manifestBytesRead > MAX_MANIFEST_BYTES_READ))
          return { referrers, last }
        const descriptor = await descriptorOf(image, blobs)
        pageBytes += Buffer.byteLength(JSON.stringify(descriptor))
        if (referrers.length > 0 && pageBytes > MAX_PAGE_BYTES) return { referrers, last }
        referrers.push({ descriptor, status: imageStatus(image, query.now) })
      }
      last = batch[index]?.from
    }
  }
  return { referrers, ...(next !== undefined && { last }) }
}

/** Whether any stored image refers to this digest, whatever its type and status. */
export async function hasReferrers(
  { references }: Pick<Store, 'references'>,
  registry: Registry,
  repository: string,
  digest: string,
): Promise<boolean> {
  const { items } = await references.list(registry, { limit: 1, prefix: keyOf(repository, digest, 'subject', '') })
  return items.length > 0
}

const isListed = (image: Image, { artifactTypes, status, now }: ReferrersQuery): boolean =>
  (artifactTypes.length === 0 || (image.artifactType !== undefined && artifactTypes.includes(image.artifactType))) &&
  (status === 'ANY' || status === imageStatus(image, now))

/** The descriptor of an image. Its `artifactType` was set when the manifest was parsed. */
async function descriptorOf(image: Image, blobs: Pick<Blobs, 'read'>): Promise<Descriptor> {
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
