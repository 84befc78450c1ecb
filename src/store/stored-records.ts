import { type Entry, fillsPage, type PageOf, type Write } from '../registry/ports/key-value.js'
import type { Page } from '../registry/ports/store.js'
import { yieldToEventLoop } from '../coordination/event-loop.js'

/** Bytes of the records that are read for one page, whatever its limit. */
const PAGE_BYTES = 4 * 1024 * 1024

/** What makes a record of today's shape of one that an earlier version may have written. */
export type Upgrade<T> = (stored: T) => T

/** A record as it is written. */
export const write = (collection: string, key: string, record: unknown): Write => ({
  collection,
  key,
  value: JSON.stringify(record),
})

/** Parses a record as it was read; undefined where there is none. */
export const parsed = <T>(value: string | undefined, upgrade: Upgrade<T>): T | undefined =>
  value === undefined ? undefined : upgrade(JSON.parse(value) as T)

/** The page with one more record, which shows whether there is a next page. */
export const withOneMore = (page: PageOf): PageOf => ({ ...page, limit: page.limit + 1, bytes: PAGE_BYTES })

/** Bytes of records that are parsed in one turn of the event loop. */
const PARSED_AT_ONCE = 512 * 1024

/** A page of records, parsed a few at a time so that other requests are not held up. */
export async function pageOf<T>(entries: Entry[], limit: number, upgrade: Upgrade<T>): Promise<Page<T>> {
  const items: T[] = []
  let parsedSince = 0
  for (const [, value] of entries.slice(0, limit)) {
    if (parsedSince > PARSED_AT_ONCE) {
      parsedSince = 0
      await yieldToEventLoop()
    }
    items.push(upgrade(JSON.parse(value) as T))
    parsedSince += value.length
  }
  const hasMore = entries.length > limit || fillsPage(entries, PAGE_BYTES)
  const next = hasMore ? entries[items.length - 1]?.[0] : undefined
  return next === undefined ? { items } : { items, next }
}
