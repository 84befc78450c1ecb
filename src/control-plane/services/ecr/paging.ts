import { invalidParameterAt } from '../../../registry/errors.js'
import type { Page } from '../../../registry/ports/store.js'
import { paginationOf } from '../../../smithy/model.js'
import type { OperationName } from './operation.js'

interface PageRequest {
  maxResults?: number | undefined
  nextToken?: string | undefined
}

/** The page of a collection that a call requests. Pages begin after keys, so inserts and deletes do not shift them. */
export function pageOf(operation: OperationName, request: PageRequest) {
  const after = afterOf(request)
  return { limit: limitOf(operation, request), ...(after !== undefined && { after }) }
}

/** The most results in the answer: as the call says, otherwise the model's default. */
export const limitOf = (operation: OperationName, { maxResults }: PageRequest) =>
  maxResults ?? paginationOf(operation)?.defaultPageSize ?? Infinity

/** The key after which the page begins; undefined for the first page. */
export const afterOf = ({ nextToken }: PageRequest) => nextToken

/**
 * Where the page of a list begins whose tokens are positions; 0 for the first page. Throws InvalidParameterException.
 */
export function positionOf(request: PageRequest): number {
  const position = afterOf(request) ?? '0'
  if (!/^\d{1,9}$/.test(position)) throw invalidToken()
  return Number(position)
}

/** The `nextToken` of a page: the key after which the next one begins; absent on the last page. */
export const tokenOf = ({ next }: Pick<Page<unknown>, 'next'>) => (next === undefined ? {} : { nextToken: next })

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

/**
 * Refuses a call that both names records and asks for a page, which AWS does not allow. Throws
 * InvalidParameterException.
 */
export function refusePagingWith(namesMember: string, names: unknown, { maxResults, nextToken }: PageRequest): void {
  if (names === undefined) return
  const member = nextToken !== undefined ? 'nextToken' : maxResults !== undefined ? 'maxResults' : undefined
  if (member) throw invalidParameterAt(member, `Cannot be combined with ${namesMember}`)
}

const invalidToken = () => invalidParameterAt('nextToken', 'Invalid token')

/** The members of a call that decide where its tokens are valid. */
interface PagedCall {
  readonly repositoryName?: unknown
  readonly nextToken?: unknown
}

/**
 * The input with the key that its opaque `nextToken` contains. Only a token that the same operation issued for the same
 * repository is accepted; another one would begin the page at a place that means nothing there. Throws
 * InvalidParameterException.
 */
export function withOpenedToken<Call extends PagedCall>(operation: string, call: Call): Call {
  const { nextToken } = call
  if (typeof nextToken !== 'string') return call
  const text = Buffer.from(nextToken, 'base64url').toString()
  const mark = markOf(operation, call)
  if (!text.startsWith(mark)) throw invalidToken()
  return { ...call, nextToken: text.slice(mark.length) }
}

/** The output of a call with an opaque token in place of the key. */
export function withSealedToken<Output extends object>(operation: string, call: PagedCall, output: Output): Output {
  if (!('nextToken' in output) || typeof output.nextToken !== 'string') return output
  return { ...output, nextToken: Buffer.from(`${markOf(operation, call)}${output.nextToken}`).toString('base64url') }
}

/** Names of repositories contain no space. */
const markOf = (operation: string, { repositoryName }: PagedCall) =>
  `${operation} ${typeof repositoryName === 'string' ? repositoryName : ''} `
