import { isDigest, mediaTypes } from '../registry/images/manifest.js'
import { listReferrers } from '../registry/images/image-referrers.js'
import { inRepository } from '../registry/repositories/require-repository.js'
import { type Endpoint, respond } from './call.js'
import { digestInvalid } from './oci-errors.js'
import { linkToNext, pageAsked } from './link-paging.js'

/** What a client that names no size gets. The service's page is not public; clients know the lists of other registries. */
const DEFAULT_PAGE = 1000

/**
 * GET /v2/<name>/referrers/<digest>: what names this image as its subject, whether or not that image is here. Of an image
 * that was pulled through, what its upstream has is brought first.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers
 */
export const referrers: Endpoint = async (call, deps) => {
  const { query, registry, repository, reference: digest } = call
  if (!isDigest(digest)) throw digestInvalid(digest)
  const artifactType = query.get('artifactType') ?? undefined
  const page = pageAsked(query, DEFAULT_PAGE)
  const { principal, request } = call
  const subject = { registry, repository, imageId: { imageDigest: digest }, principal, request }
  // The pages of one list are one answer: only the first may bring what is new.
  if (page.last === undefined) await deps.pullThrough.referrers(subject, call.wait)
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
