import type { Image } from '../registry/image.js'
import { listEach } from '../registry/list-all.js'
import { isDigest, mediaTypes } from '../registry/manifest.js'
import { keyOf } from '../registry/ports/store.js'
import { requireRepository } from '../registry/require-repository.js'
import { type Call, type DataPlaneDeps, type Endpoint, respond } from './call.js'
import { digestInvalid } from './errors.js'
import { linkToNext, type PageAsked, pageAsked } from './paging.js'

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
  const page = pageAsked(query)
  await requireRepository(deps.store, registry, repository)

  const { manifests, more } = await find(call, page, artifactType, deps)
  const filters: Record<string, string> = artifactType === undefined ? {} : { artifactType }
  const last = more ? manifests.at(-1)?.digest : undefined
  const headers = {
    'content-type': mediaTypes.ociIndex,
    ...(artifactType !== undefined && { 'oci-filters-applied': 'artifactType' }),
    ...linkToNext(`/v2/${repository}/referrers/${digest}`, page, last, filters),
  }
  respond(call, 200, headers, JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }))
}

async function find(
  call: Call,
  { limit, last }: PageAsked,
  artifactType: string | undefined,
  { store }: DataPlaneDeps,
) {
  const { registry, repository, reference } = call
  const prefix = keyOf(repository, reference, 'subject', '')
  const after = last === undefined ? undefined : prefix + last
  const manifests: ReturnType<typeof descriptorOf>[] = []
  let bytes = 0

  for await (const { from } of listEach(store.references, registry, { prefix, after })) {
    const image = await store.images.get(registry, keyOf(repository, from))
    if (!image || (artifactType !== undefined && image.artifactType !== artifactType)) continue
    const descriptor = descriptorOf(image)
    bytes += Buffer.byteLength(JSON.stringify(descriptor))
    const isFull = manifests.length >= limit || (manifests.length > 0 && bytes > MAX_PAGE_BYTES)
    if (isFull) return { manifests, more: true }
    manifests.push(descriptor)
  }
  return { manifests, more: false }
}

/** `artifactType` is the manifest's own or its config's media type: parsing has settled which. */
const descriptorOf = ({ mediaType, digest, manifestSize: size, artifactType, annotations }: Image) => ({
  ...{ mediaType, digest, size },
  ...(artifactType !== undefined && { artifactType }),
  ...(annotations !== undefined && { annotations }),
})
