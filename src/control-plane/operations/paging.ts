import { invalidParameterAt } from '../../registry/errors.js'
import type { Page } from '../../registry/ports/store.js'
import { paginationOf } from '../../smithy/model.js'
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

/** A page of what is not a collection as it stands: filtered, or several entries to a record. Reads no further than it must. */
export async function pageFrom<T>(
  limit: number,
  entries: () => AsyncGenerator<{ key: string; item: T }, void>,
): Promise<Page<T>> {
  const items: T[] = []
  let last: string | undefined
  for await (const { key, item } of entries()) {
    if (items.length === limit) return { items, ...(last !== undefined && { next: last }) }
    items.push(item)
    last = key
  }
  return { items }
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
