import { invalidParameterAt } from '../../../registry/errors.js'
import type { Page } from '../../../registry/ports/store.js'
import { paginationOf } from '../../../smithy/model.js'
import type { OperationName } from './operation.js'

interface PageRequest {
  maxResults?: number | undefined
  nextToken?: string | undefined
}

/** The page of a collection that a call asks for. Tokens are keys, so inserts and deletes do not shift pages. */
export function pageOf(operation: OperationName, request: PageRequest) {
  const after = afterOf(request)
  return { limit: limitOf(operation, request), ...(after !== undefined && { after }) }
}

/** The largest number of results in the answer: the call's, or else the model's default. */
export const limitOf = (operation: OperationName, { maxResults }: PageRequest) =>
  maxResults ?? paginationOf(operation)?.defaultPageSize ?? Infinity

/** The key after which the page begins; undefined for the first page. Throws InvalidParameterException. */
export const afterOf = ({ nextToken }: PageRequest) => (nextToken === undefined ? undefined : keyOfToken(nextToken))

/** The opaque `nextToken` of a page; absent on the last one. */
export const tokenOf = ({ next }: Pick<Page<unknown>, 'next'>) =>
  next === undefined ? {} : { nextToken: Buffer.from(`${MARK}${next}`).toString('base64url') }

/** Limit of the records read for a page with a filter: such a page may be short, or even empty, and still not the last. */
const MAX_FILTERED_RECORDS = 1000

/** How many records to read for a page of `limit` results: with a filter more than that. */
export const recordsFor = (limit: number, filter: object | undefined): number =>
  filter === undefined ? limit : Math.max(limit, MAX_FILTERED_RECORDS)

/** A page of the entries that the records read have; `next` is the key after which there are more records. */
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

/** Refuses a call that names records and pages as well: AWS takes one of the two in a call. Throws InvalidParameterException. */
export function refusePagingWith(namesMember: string, names: unknown, { maxResults, nextToken }: PageRequest): void {
  if (names === undefined) return
  const member = nextToken !== undefined ? 'nextToken' : maxResults !== undefined ? 'maxResults' : undefined
  if (member) throw invalidParameterAt(member, `Cannot be combined with ${namesMember}`)
}
