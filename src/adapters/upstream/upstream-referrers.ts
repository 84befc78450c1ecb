import { isDigest, mediaTypes } from '../../registry/images/manifest.js'
import { UpstreamFailure, type UpstreamManifest, type UpstreamReferrers } from '../../registry/ports/upstream.js'
import { discard, failureFrom, header, readAtMost } from './upstream-responses.js'
import type { Ask } from './ask.js'
import { manifestBytes } from './upstream-manifests.js'

/** How a registry is asked, and by tag or digest for a manifest. */
export interface ReferrersSource {
  readonly host: string
  readonly ask: Ask
  readonly manifest: (repository: string, reference: string) => Promise<UpstreamManifest>
  readonly withinMs: number
}

/** The image whose referrers are wanted, and how many at most. */
export interface ReferrersQuestion {
  readonly repository: string
  readonly digest: string
  readonly atMost: number
}

/** Statuses of a registry that has no referrers API: the specification's 404, and what others answer unknown paths with. */
const NO_API = [400, 404, 405, 501]

/** Pages of a list that are followed: one of hundreds of thousands must end. */
const PAGES_AT_MOST = 100

/**
 * The digests of what refers to an image, page by page; by the tag that stands in for the API where there is none. What a
 * registry does not filter or order is taken as it comes.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers
 */
export async function askReferrers(source: ReferrersSource, question: ReferrersQuestion): Promise<UpstreamReferrers> {
  const found = new Set<string>()
  let query: string | undefined = ''
  for (let pages = 0; query !== undefined && pages < PAGES_AT_MOST && found.size <= question.atMost; pages++) {
    const page: Page | undefined = await askPage(source, question, query)
    if (!page) return cut(await byTag(source, question), question.atMost)
    page.digests.forEach((digest) => found.add(digest))
    query = page.next
  }
  const digests = cut([...found], question.atMost)
  return { ...digests, isCut: digests.isCut || query !== undefined }
}

const cut = (digests: string[], atMost: number): UpstreamReferrers => ({
  digests: digests.slice(0, atMost),
  isCut: digests.length > atMost,
})

interface Page {
  readonly digests: string[]
  /** The query of the next page. */
  readonly next: string | undefined
}

/** A page; undefined where the registry has no referrers API. */
function askPage(source: ReferrersSource, { repository, digest }: ReferrersQuestion, query: string) {
  const { host, ask, withinMs } = source
  const subject = `the referrers of ${repository}@${digest}`
  const path = `${repository}/referrers/${digest}${query}`
  const headers = { accept: mediaTypes.ociIndex }
  return ask<Page | undefined>({ method: 'GET', path, subject, repository, headers, withinMs }, async (answer) => {
    if (NO_API.includes(answer.status)) return undefined
    if (answer.status !== 200) throw failureFrom(host, subject, answer)
    if (!header(answer, 'content-type')?.toLowerCase().startsWith(mediaTypes.ociIndex)) return void discard(answer.body)
    const bytes = await readAtMost(answer.body, manifestBytes)
    const digests = bytes && digestsIn(bytes)
    if (!digests) {
      throw new UpstreamFailure(
        'unavailable',
        `The upstream registry ${host} gave an answer for ${subject} which is no index.`,
      )
    }
    return { digests, next: nextQuery(header(answer, 'link')) }
  })
}

/** Of the address in a Link header its query alone: what is asked is the same list of the same registry. RFC 8288. */
function nextQuery(link: string | undefined): string | undefined {
  const [, address = ''] = /<([^>]*)>\s*;[^,]*\brel="?next"?/.exec(link ?? '') ?? []
  const start = address.indexOf('?')
  return start === -1 ? undefined : address.slice(start)
}

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema */
async function byTag({ manifest }: ReferrersSource, { repository, digest }: ReferrersQuestion): Promise<string[]> {
  const [algorithm = '', encoded = ''] = digest.split(':')
  try {
    const { bytes } = await manifest(repository, `${algorithm.slice(0, 32)}-${encoded.slice(0, 64)}`)
    return digestsIn(bytes) ?? []
  } catch (error) {
    if (error instanceof UpstreamFailure && error.kind === 'not-found') return []
    throw error
  }
}

function digestsIn(bytes: Buffer): string[] | undefined {
  try {
    const { manifests } = (JSON.parse(bytes.toString()) ?? {}) as { manifests?: unknown }
    if (!Array.isArray(manifests)) return undefined
    const digests = manifests.map((descriptor) => (descriptor as { digest?: unknown } | null)?.digest)
    return digests.filter((digest): digest is string => typeof digest === 'string' && isDigest(digest))
  } catch {
    return undefined
  }
}
