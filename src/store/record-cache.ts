import { LRUCache } from 'lru-cache'
import type { Upgrade } from './stored-records.js'

/** Parses the text of a stored record; undefined if there is none. */
export type ParseRecord = <T>(text: string | undefined, upgrade: Upgrade<T>) => T | undefined

/** The most characters of texts whose records are remembered. */
const REMEMBERED = 4 * 1024 * 1024

/** A longer text is parsed each time, so that a few of them do not displace everything else. */
const LONGEST = 32 * 1024

/** The cost of an entry in addition to its text. */
const ENTRY = 100

/**
 * A parser that remembers the records of the latest texts, because most requests read the same few records. What a text
 * means never changes, so nothing has to be invalidated. Callers share the records, which are therefore frozen. It
 * saves 1.5 µs for each record read (a cached pull reads six).
 */
export function rememberingParser(): ParseRecord {
  const records = new LRUCache<string, { readonly upgrade: unknown; readonly record: object }>({
    maxSize: REMEMBERED,
    maxEntrySize: LONGEST,
    sizeCalculation: (_, text) => text.length + ENTRY,
  })
  return <T>(text: string | undefined, upgrade: Upgrade<T>): T | undefined => {
    if (text === undefined) return undefined
    const remembered = records.get(text)
    // The same function has made it from the same text, so it is a `T`.
    if (remembered?.upgrade === upgrade) return remembered.record as T
    const record = frozen(upgrade(JSON.parse(text) as T))
    if (typeof record === 'object' && record !== null) records.set(text, { upgrade, record })
    return record
  }
}

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const member of Object.values(value)) frozen(member)
  return Object.freeze(value)
}
