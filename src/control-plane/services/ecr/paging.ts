import { invalidParameterAt } from '../../../registry/errors.js'
import type { Page } from '../../../registry/ports/store.js'
import { paginationOf } from '../../../smithy/model.js'
import type { OperationName } from './operation.js'

interface PageRequest {
  maxResults?: number | undefined
  nextToken?: string | undefined
}

/** The page of a collection a caller asks for: tokens are keys, so pages stay put while records come and go. */
export function pageOf(operation: OperationName, request: PageRequest) {
  const after = afterOf(request)
  return { limit: limitOf(operation, request), ...(after !== undefined && { after }) }
}

/** How many results a caller wants at most; the model says where the caller does not. */
export const limitOf = (operation: OperationName, { maxResults }: PageRequest) =>
  maxResults ?? paginationOf(operation)?.defaultPageSize ?? Infinity

/** The key a caller's page continues after; undefined for the first page. Throws InvalidParameterException. */
export const afterOf = ({ nextToken }: PageRequest) => (nextToken === undefined ? undefined : keyOfToken(nextToken))

/** The opaque `nextToken` of a page; absent on the last one. */
export const tokenOf = ({ next }: Pick<Page<unknown>, 'next'>) =>
  next === undefined ? {} : { nextToken: Buffer.from(`${MARK}${next}`).toString('base64url') }

/** The most records that are looked at for one page: where a filter lets few of them through, a page may be short, or empty. */
const MOST_LOOKED_AT = 1000

/** How many records to look at for a page of so many results; with a filter, more than results are wanted. */
export const recordsFor = (limit: number, filter: object | undefined): number =>
  filter === undefined ? limit : Math.max(limit, MOST_LOOKED_AT)

/** A page of what the records that were looked at hold; `next` is the key to continue after where there are more of them. */
export function pageFrom<T>(limit: number, entries: { key: string; item: T }[], next: string | undefined): Page<T> {
  const items = entries.slice(0, limit).map(({ item }) => item)
  const last = entries.length > limit ? entries[limit - 1]?.key : next
  return { items, ...(last !== undefined && { next: last }) }
}

const MARK = 'after:'

function keyOfToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString()
  if (!text.startsWith(MARK)) throw invalidParameterAt('nextToken', 'Invalid token')
  return text.slice(MARK.length)
}

/** A page of everything and a list of names are two different questions: AWS takes one of them in a call. */
export function refuseTokenWith(member: string, names: unknown, { maxResults, nextToken }: PageRequest): void {
  if (names === undefined) return
  const given = nextToken !== undefined ? 'nextToken' : maxResults !== undefined ? 'maxResults' : undefined
  if (given) throw invalidParameterAt(given, `Cannot be combined with ${member}`)
}
