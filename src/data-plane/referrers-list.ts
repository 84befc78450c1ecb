import { isDigest, mediaTypes } from '../registry/images/manifest.js'
import { listReferrers } from '../registry/images/image-referrers.js'
import { readInRepository } from '../registry/repositories/require-repository.js'
import { type Endpoint, respond } from './call.js'
import { digestInvalid } from './oci-errors.js'
import { linkToNext, pageRequest } from './link-paging.js'

/** The page size if the client states none. The service's is not public; other registries use this one. */
const DEFAULT_PAGE = 1000

/**
 * GET /v2/<name>/referrers/<digest>: the images whose subject is this digest, whether or not it exists here. For a
 * pulled-through image, the referrers in its upstream are imported first.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers
 */
export const referrers: Endpoint = async (call, deps) => {
  const { query, registry, repository, reference: digest } = call
  if (!isDigest(digest)) throw digestInvalid(digest)
  const artifactType = query.get('artifactType') ?? undefined
  const page = pageRequest(query, DEFAULT_PAGE)
  const { principal, request } = call
  const subject = { registry, repository, imageId: { imageDigest: digest }, principal, request }
  // Only the first page imports, so that the pages of one list are consistent. If it fails, the stored ones are listed.
  if (page.last === undefined)
    await deps.pullThrough
      .refreshReferrers(subject, call.wait)
      .catch((err: unknown) => deps.log.debug({ err, repository, digest }, 'referrers could not be checked'))
  const range = {
    repository,
    digest,
    artifactTypes: artifactType === undefined ? [] : [artifactType],
    status: 'ACTIVE' as const,
    now: new Date(request.at),
    limit: page.limit,
    after: page.last,
  }
  const list = () => listReferrers(deps, registry, range)
  const { referrers: found, last } = await readInRepository(deps.store, registry, repository, list)
  const filters: Record<string, string> = artifactType === undefined ? {} : { artifactType }
  const headers = {
    'content-type': mediaTypes.ociIndex,
    ...(artifactType !== undefined && { 'oci-filters-applied': 'artifactType' }),
    ...linkToNext(`/v2/${repository}/referrers/${digest}`, page, last, filters),
  }
  const manifests = found.map(({ descriptor }) => descriptor)
  const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }
  respond(call, 200, headers, JSON.stringify(index))
}
