import type { Collection } from './ports/store.js'
import type { Registry } from './registry.js'
import { yieldToEventLoop } from '../coordination/event-loop.js'

const MAX_PAGE = 1000

/**
 * The records under a prefix, read page by page as they are consumed, so that a large repository is never in memory as
 * a whole. A caller that may stop early sets a small `firstPage`. Yields to the event loop between pages.
 */
export async function* listEach<T>(
  collection: Collection<T>,
  registry: Registry,
  { prefix = '', after, firstPage = MAX_PAGE }: { prefix?: string; after?: string | undefined; firstPage?: number },
): AsyncGenerator<T, void> {
  let next = after
  let limit = Math.min(firstPage, MAX_PAGE)
  do {
    const page = await collection.list(registry, { limit, prefix, ...(next !== undefined && { after: next }) })
    limit = MAX_PAGE
    yield* page.items
    next = page.next
    if (next !== undefined) await yieldToEventLoop()
  } while (next !== undefined)
}

/** All records under a prefix in memory, for rules that need them together. */
export async function listAll<T>(collection: Collection<T>, registry: Registry, prefix = ''): Promise<T[]> {
  const all: T[] = []
  for await (const record of listEach(collection, registry, { prefix })) all.push(record)
  return all
}
