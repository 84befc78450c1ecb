import { invalidParameterAt } from '../../../registry/errors.js'
import type { Page } from '../../../registry/ports/store.js'
import { paginationOf } from '../../../smithy/model.js'
import type { OperationName } from './operation.js'

interface PageRequest {
  maxResults?: number | undefined
  nextToken?: string | undefined
}

/** The page of a collection that a call requests. Tokens are keys, so inserts and deletes do not shift pages. */
export function pageOf(operation: OperationName, request: PageRequest) {
  const after = afterOf(request)
  return { limit: limitOf(operation, request), ...(after !== undefined && { after }) }
}

/** The most results in the answer: as the call says, otherwise the model's default. */
export const limitOf = (operation: OperationName, { maxResults }: PageRequest) =>
  maxResults ?? paginationOf(operation)?.defaultPageSize ?? Infinity

/** The key after which the page begins; undefined for the first page. Throws InvalidParameterException. */
export const afterOf = ({ nextToken }: PageRequest) => (nextToken === undefined ? undefined : keyOfToken(nextToken))

/** Where the page of a list begins whose tokens are positions; 0 for the first page. Throws InvalidParameterException. */
export function positionOf(request: PageRequest): number {
  const position = afterOf(request) ?? '0'
  if (!/^\d{1,9}$/.test(position)) throw invalidToken()
  return Number(position)
}

/** The opaque `nextToken` of a page; absent on the last one. */
export const tokenOf = ({ next }: Pick<Page<unknown>, 'next'>) =>
  next === undefined ? {} : { nextToken: Buffer.from(`${MARK}${next}`).toString('base64url') }

/** The most records read for a page with a filter. Such a page may be short or empty and still not be the last one. */
const MAX_FILTERED_RECORDS = 1000

/** How many records to read for a page of `limit` results: more than `limit` if there is a filter. */
export const recordsFor = (limit: number, filter: object | undefined): number =>
  filter === undefined ? limit : Math.max(limit, MAX_FILTERED_RECORDS)

/** A page of the entries of the records that were read. `next` is the key after which there are more records. */
export function pageFrom<T>(limit: number, entries: { key: string; item: T }[], next: string | undefined): Page<T> {
  const items = entries.slice(0, limit).map(({ item }) => item)
  const last = entries.length > limit ? entries[limit - 1]?.key : next
  return { items, ...(last !== undefined && { next: last }) }
}

const MARK = 'after:'

function keyOfToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString()
  if (!text.startsWith(MARK)) throw invalidToken()
  return text.slice(MARK.length)
}

const invalidToken = () => invalidParameterAt('nextToken', 'Invalid token')

/**
 * Refuses a call that both names records and asks for a page, which AWS does not allow. Throws
 * InvalidParameterException.
 */
export function refusePagingWith(namesMember: string, names: unknown, { maxResults, nextToken }: PageRequest): void {
  if (names === undefined) return
  const member = nextToken !== undefined ? 'nextToken' : maxResults !== undefined ? 'maxResults' : undefined
  if (member) throw invalidParameterAt(member, `Cannot be combined with ${namesMember}`)
}
