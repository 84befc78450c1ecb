import type { Image } from './image.js'
import { annotationsOf } from './image-contents.js'
import type { BlobStore } from '../ports/blob-store.js'
import { keyOf, type Store } from '../ports/store.js'
import type { Registry } from '../registry.js'
import { batchesOf } from '../../coordination/event-loop.js'

/** An image as an index of referrers lists it. */
export interface Referrer {
  readonly mediaType: string
  readonly digest: string
  /** Bytes of its manifest. */
  readonly size: number
  readonly artifactType?: string
  readonly annotations?: Record<string, string>
}

/** Which referrers are asked for. */
export interface ReferrersAsked {
  readonly repository: string
  /** Of the subject. */
  readonly digest: string
  readonly artifactType?: string | undefined
  readonly limit: number
  /** Those that sort after this digest. */
  readonly after?: string | undefined
}

/** A page of them. */
export interface Referrers {
  readonly manifests: readonly Referrer[]
  /** The digest to continue after; absent on the last page. */
  readonly last?: string | undefined
}

/** An index is a manifest, and no client need read a larger one: a page ends before it is. */
const MAX_PAGE_BYTES = 4_000_000

/** Bytes of manifests that are read for one page, for annotations that are too long for records. */
const MAX_READ_BYTES = 16 * 1024 * 1024

/** The records that are looked at for a page with a filter, at least: it may be short, or empty, and have a next one. */
const LOOKED_AT = 100

/** Images read together: with all its tags one is a large record. */
const AT_ONCE = 100

/**
 * What names an image as its subject, whether or not that image is here, in the order of digests. A page is bounded in
 * bytes, too, and holds one at least where there is one.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers
 */
export async function listReferrers(
  { store, blobs }: { readonly store: Store; readonly blobs: Pick<BlobStore, 'read'> },
  registry: Registry,
  { repository, digest, artifactType, limit, after }: ReferrersAsked,
): Promise<Referrers> {
  const prefix = keyOf(repository, digest, 'subject', '')
  const { items, next } = await store.references.list(registry, {
    ...{ limit: artifactType === undefined ? limit : Math.max(limit, LOOKED_AT), prefix },
    ...(after !== undefined && { after: prefix + after }),
  })
  const manifests: Referrer[] = []
  let [bytes, read, last] = [0, 0, after]
  for await (const slice of batchesOf(items, AT_ONCE)) {
    const images = await Promise.all(slice.map(({ from }) => store.images.get(registry, keyOf(repository, from))))
    for (const [index, image] of images.entries()) {
      if (image && (artifactType === undefined || image.artifactType === artifactType)) {
        read += image.annotationsInManifest ? image.manifestSize : 0
        if (manifests.length >= limit || (manifests.length > 0 && read > MAX_READ_BYTES)) return { manifests, last }
        const referrer = await referrerOf(image, blobs)
        bytes += Buffer.byteLength(JSON.stringify(referrer))
        if (manifests.length > 0 && bytes > MAX_PAGE_BYTES) return { manifests, last }
        manifests.push(referrer)
      }
      last = slice[index]?.from
    }
  }
  return { manifests, ...(next !== undefined && { last }) }
}

/** `artifactType` is the manifest's own or its config's media type: parsing has settled which. */
async function referrerOf(image: Image, blobs: Pick<BlobStore, 'read'>): Promise<Referrer> {
  const { mediaType, digest, manifestSize: size, artifactType } = image
  const annotations = await annotationsOf(image, blobs)
  return {
    ...{ mediaType, digest, size },
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations !== undefined && { annotations }),
  }
}
