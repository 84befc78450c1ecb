import { isDigest, mediaTypes } from '../registry/manifest.js'
import { listReferrers } from '../registry/referrers.js'
import { inRepository } from '../registry/require-repository.js'
import { type Endpoint, respond } from './call.js'
import { digestInvalid } from './errors.js'
import { linkToNext, pageAsked } from './paging.js'

/**
 * GET /v2/<name>/referrers/<digest>: what names this image as its subject, whether or not that image is here.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers
 */
export const referrers: Endpoint = async (call, deps) => {
  const { query, registry, repository, reference: digest } = call
  if (!isDigest(digest)) throw digestInvalid(digest)
  const artifactType = query.get('artifactType') ?? undefined
  const page = pageAsked(query)
  const asked = { repository, digest, artifactType, limit: page.limit, after: page.last }
  const reading = () => listReferrers(deps, registry, asked)
  const { manifests, last } = await inRepository(deps.store, registry, repository, reading)
  const filters: Record<string, string> = artifactType === undefined ? {} : { artifactType }
  const headers = {
    'content-type': mediaTypes.ociIndex,
    ...(artifactType !== undefined && { 'oci-filters-applied': 'artifactType' }),
    ...linkToNext(`/v2/${repository}/referrers/${digest}`, page, last, filters),
  }
  respond(call, 200, headers, JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }))
}
