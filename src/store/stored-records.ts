import { type Entry, fillsPage, type PageQuery, type Write } from '../registry/ports/key-value.js'
import type { Page } from '../registry/ports/store.js'
import { yieldToEventLoop } from '../coordination/event-loop.js'

/** The maximum number of bytes of records in one page, whatever its limit. */
const PAGE_BYTES = 4 * 1024 * 1024

/** Converts a record that an earlier version may have stored to the current shape. */
export type Upgrade<T> = (stored: T) => T

/** The write of a record. */
export const write = (collection: string, key: string, record: unknown): Write => ({
  collection,
  key,
  value: JSON.stringify(record),
})

/** Requests one record more than the page holds, to find out whether there are more. */
export const withOneMore = (page: PageQuery): PageQuery => ({ bytes: PAGE_BYTES, ...page, limit: page.limit + 1 })

/** The number of bytes of records that are parsed in one tick of the event loop. */
const PARSED_PER_TICK = 512 * 1024

/** Parses the records of a page, a few per tick so that the event loop is not blocked. */
export async function pageOf<T>(entries: Entry[], limit: number, upgrade: Upgrade<T>): Promise<Page<T>> {
  const items: T[] = []
  let parsedBytes = 0
  for (const [, value] of entries.slice(0, limit)) {
    if (parsedBytes > PARSED_PER_TICK) {
      parsedBytes = 0
      await yieldToEventLoop()
    }
    items.push(upgrade(JSON.parse(value) as T))
    parsedBytes += value.length
  }
  const hasMore = entries.length > limit || fillsPage(entries, PAGE_BYTES)
  const next = hasMore ? entries[items.length - 1]?.[0] : undefined
  return next === undefined ? { items } : { items, next }
}
