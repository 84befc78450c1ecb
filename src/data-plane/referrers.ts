import type { Image } from '../registry/image.js'
import { isDigest, mediaTypes } from '../registry/manifest.js'
import { keyOf } from '../registry/ports/store.js'
import { inRepository } from '../registry/require-repository.js'
import { type Call, type DataPlaneDeps, type Endpoint, respond } from './call.js'
import { digestInvalid } from './errors.js'
import { linkToNext, type PageAsked, pageAsked } from './paging.js'

/** What a client that names no size gets. The service's page is not public; clients know the lists of other registries. */
const DEFAULT_PAGE = 1000

/** An index is a manifest, and no client need read a larger one: a page ends before it is. */
const MAX_PAGE_BYTES = 4_000_000

/**
 * GET /v2/<name>/referrers/<digest>: what names this image as its subject, whether or not that image is here.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers
 */
export const referrers: Endpoint = async (call, deps) => {
  const { query, registry, repository, reference: digest } = call
  if (!isDigest(digest)) throw digestInvalid(digest)
  const artifactType = query.get('artifactType') ?? undefined
  const page = pageAsked(query, DEFAULT_PAGE)
  const reading = () => find(call, page, artifactType, deps)
  const { manifests, last } = await inRepository(deps.store, registry, repository, reading)
  const filters: Record<string, string> = artifactType === undefined ? {} : { artifactType }
  const headers = {
    'content-type': mediaTypes.ociIndex,
    ...(artifactType !== undefined && { 'oci-filters-applied': 'artifactType' }),
    ...linkToNext(`/v2/${repository}/referrers/${digest}`, page, last, filters),
  }
  respond(call, 200, headers, JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }))
}

/** The records that are looked at for a page with a filter, at least: it may be short, or empty, and have a next one. */
const LOOKED_AT = 100

async function find(
  call: Call,
  { limit, last: after }: PageAsked,
  artifactType: string | undefined,
  { store }: DataPlaneDeps,
) {
  const { registry, repository, reference } = call
  const prefix = keyOf(repository, reference, 'subject', '')
  const { items, next } = await store.references.list(registry, {
    ...{ limit: artifactType === undefined ? limit : Math.max(limit, LOOKED_AT), prefix },
    ...(after !== undefined && { after: prefix + after }),
  })
  const images = await Promise.all(items.map(({ from }) => store.images.get(registry, keyOf(repository, from))))
  const isWanted = (image: Image) => artifactType === undefined || image.artifactType === artifactType
  const wanted = images.flatMap((image) => (image && isWanted(image) ? [image] : []))
  const manifests = fitting(wanted.slice(0, limit).map(descriptorOf))
  const isCut = manifests.length < wanted.length
  const last = isCut ? manifests.at(-1)?.digest : next === undefined ? undefined : items.at(-1)?.from
  return { manifests, last }
}

type Referrer = ReturnType<typeof descriptorOf>

/** As many as are no larger than a page may be, and one at least. */
function fitting(manifests: Referrer[]): Referrer[] {
  let bytes = 0
  const isOver = (manifest: Referrer) => (bytes += Buffer.byteLength(JSON.stringify(manifest))) > MAX_PAGE_BYTES
  const first = manifests.findIndex(isOver)
  return first === -1 ? manifests : manifests.slice(0, Math.max(first, 1))
}

/** `artifactType` is the manifest's own or its config's media type: parsing has settled which. */
const descriptorOf = ({ mediaType, digest, manifestSize: size, artifactType, annotations }: Image) => ({
  ...{ mediaType, digest, size },
  ...(artifactType !== undefined && { artifactType }),
  ...(annotations !== undefined && { annotations }),
})
