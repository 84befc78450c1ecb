import { invalidParameterAt } from '../registry/errors.js'

/** Which part of a list is asked for: at most `limit`, those that sort after `last`. */
export interface PageAsked {
  readonly limit: number
  readonly last?: string
}

/** The largest page of ListImages and DescribeRepositories. */
const MAX_PAGE = 1000

/** What a client that names no size gets: the page of ListImages and DescribeRepositories where they are not told either. */
const DEFAULT_PAGE = 100

/** Reads `n` and `last`. Refuses sizes as ECR does: the lists are its API's underneath, and `n` is their maxResults. */
export function pageAsked(query: URLSearchParams, defaultPage = DEFAULT_PAGE): PageAsked {
  const n = query.get('n')
  const last = query.get('last') ?? ''
  return { limit: n === null ? defaultPage : readSize(n), ...(last !== '' && { last }) }
}

/**
 * The header that leads to the next page; none after the last one.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-tags
 */
export function linkToNext(
  path: string,
  { limit }: PageAsked,
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
