import { isDigest, mediaTypes } from '../../registry/images/manifest.js'
import { UpstreamFailure, type UpstreamManifest, type UpstreamReferrers } from '../../registry/ports/upstream.js'
import type { RegistryClient } from './registry-client.js'
import { MAX_MANIFEST_BYTES } from '../../registry/images/manifest.js'
import { discard, header, readAtMost, responseFailure } from './upstream-responses.js'

/** The registry that lists referrers, and how to fetch a manifest from it by tag or digest. */
export interface ReferrersSource {
  readonly host: string
  readonly send: RegistryClient
  readonly manifest: (repository: string, reference: string) => Promise<UpstreamManifest>
  readonly timeoutMs: number
}

/** The image whose referrers are listed, and how many at most. */
export interface ReferrersQuery {
  readonly repository: string
  readonly digest: string
  readonly limit: number
}

/** Statuses of a registry without the referrers API: the specification's 404, and other answers to unknown paths. */
const NO_API_STATUSES = [400, 404, 405, 501]

/** How many pages of a list are followed, so that an endless one ends. */
const MAX_PAGES = 100

/**
 * The digests of an image's referrers, page by page. If the registry has no referrers API, they come from the referrers
 * tag. They may be neither filtered nor sorted.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers
 */
export async function listReferrers(source: ReferrersSource, query: ReferrersQuery): Promise<UpstreamReferrers> {
  const digests = new Set<string>()
  let pageQuery: string | undefined = ''
  for (let pages = 0; pageQuery !== undefined && pages < MAX_PAGES && digests.size <= query.limit; pages++) {
    const page: Page | undefined = await fetchPage(source, query, pageQuery)
    if (!page) return limited(await referrersByTag(source, query), query.limit)
    page.digests.forEach((digest) => digests.add(digest))
    pageQuery = page.nextQuery
  }
  const result = limited([...digests], query.limit)
  return { ...result, isTruncated: result.isTruncated || pageQuery !== undefined }
}

const limited = (digests: string[], limit: number): UpstreamReferrers => ({
  digests: digests.slice(0, limit),
  isTruncated: digests.length > limit,
})

interface Page {
  readonly digests: string[]
  readonly nextQuery: string | undefined
}

/** A page; undefined if the registry has no referrers API. */
function fetchPage(source: ReferrersSource, { repository, digest }: ReferrersQuery, pageQuery: string) {
  const { host, send, timeoutMs } = source
  const subject = `the referrers of ${repository}@${digest}`
  const path = `${repository}/referrers/${digest}${pageQuery}`
  const headers = { accept: mediaTypes.ociIndex }
  return send<Page | undefined>({ method: 'GET', path, subject, repository, headers, timeoutMs }, async (response) => {
    if (NO_API_STATUSES.includes(response.status)) return undefined
    if (response.status !== 200) throw responseFailure(host, subject, response)
    const isIndex = header(response, 'content-type')?.toLowerCase().startsWith(mediaTypes.ociIndex)
    if (!isIndex) return void discard(response.body)
    const bytes = await readAtMost(response.body, MAX_MANIFEST_BYTES)
    const digests = bytes && parseDigests(bytes)
    if (!digests) {
      throw new UpstreamFailure(
        'unavailable',
        `The upstream registry ${host} sent a response for ${subject} that is not an index.`,
      )
    }
    return { digests, nextQuery: parseNextQuery(header(response, 'link')) }
  })
}

/**
 * Only the query of the URL in a Link header: the next page must be of the same list of the same registry. RFC 8288.
 */
function parseNextQuery(link: string | undefined): string | undefined {
  const [, address = ''] = /<([^>]*)>\s*;[^,]*\brel="?next"?/.exec(link ?? '') ?? []
  const start = address.indexOf('?')
  return start === -1 ? undefined : address.slice(start)
}

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema */
async function referrersByTag(
  { manifest }: ReferrersSource,
  { repository, digest }: ReferrersQuery,
): Promise<string[]> {
  const [algorithm = '', encoded = ''] = digest.split(':')
  try {
    const { bytes } = await manifest(repository, `${algorithm.slice(0, 32)}-${encoded.slice(0, 64)}`)
    return parseDigests(bytes) ?? []
  } catch (error) {
    if (error instanceof UpstreamFailure && error.kind === 'not-found') return []
    throw error
  }
}

function parseDigests(bytes: Buffer): string[] | undefined {
  try {
    const { manifests } = (JSON.parse(bytes.toString()) ?? {}) as { manifests?: unknown }
    if (!Array.isArray(manifests)) return undefined
    const digests = manifests.map((descriptor) => (descriptor as { digest?: unknown } | null)?.digest)
    return digests.filter((digest): digest is string => typeof digest === 'string' && isDigest(digest))
  } catch {
    return undefined
  }
}
