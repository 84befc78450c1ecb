import { invalidParameterAt } from '../registry/errors.js'

/** The requested part of a list: at most `limit` entries, after `last` in sort order. */
export interface PageRequest {
  readonly limit: number
  readonly last?: string
}

/** The largest page of ListImages and DescribeRepositories in the API. */
const MAX_PAGE = 1000

/** The page size if the client states none: the default of ListImages and DescribeRepositories in the API. */
const DEFAULT_PAGE = 100

/** Reads `n` and `last`. Throws InvalidParameter if the API would refuse `n` as its maxResults. */
export function pageRequest(query: URLSearchParams, defaultPage = DEFAULT_PAGE): PageRequest {
  const n = query.get('n')
  const last = query.get('last') ?? ''
  return { limit: n === null ? defaultPage : readSize(n), ...(last !== '' && { last }) }
}

/**
 * The Link header to the next page; empty on the last page.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-tags
 */
export function linkToNext(
  path: string,
  { limit }: PageRequest,
  last: string | undefined,
  filters: Record<string, string> = {},
): { link?: string } {
  if (last === undefined) return {}
  const query = new URLSearchParams({ ...filters, n: String(limit), last })
  return { link: `<${path}?${query.toString()}>; rel="next"` }
}

function readSize(n: string): number {
  const size = /^\d+$/.test(n) ? Number(n) : -1
  if (size < 0) throw invalidParameterAt('maxResults', 'Member must have value greater than or equal to 1')
  if (size > MAX_PAGE)
    throw invalidParameterAt('maxResults', `Member must have value less than or equal to ${MAX_PAGE}`)
  return size
}
