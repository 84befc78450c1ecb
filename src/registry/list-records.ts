import type { Collection } from './ports/store.js'
import type { Registry } from './registry.js'
import { yieldToEventLoop } from '../coordination/event-loop.js'

const PAGE = 1000

/**
 * The records under a prefix, read page by page as they are asked for, so that nobody holds all of a big repository.
 * Whoever wants few says so in `firstPage`. Others have their turn between pages.
 */
export async function* listEach<T>(
  collection: Collection<T>,
  registry: Registry,
  { prefix = '', after, firstPage = PAGE }: { prefix?: string; after?: string | undefined; firstPage?: number },
): AsyncGenerator<T, void> {
  let [next, limit] = [after, Math.min(firstPage, PAGE)]
  do {
    const page = await collection.list(registry, { limit, prefix, ...(next !== undefined && { after: next }) })
    limit = PAGE
    yield* page.items
    next = page.next
    if (next !== undefined) await yieldToEventLoop()
  } while (next !== undefined)
}

/** All records under a prefix, for the few rules that need them at once. */
export async function listAll<T>(collection: Collection<T>, registry: Registry, prefix = ''): Promise<T[]> {
  const all: T[] = []
  for await (const record of listEach(collection, registry, { prefix })) all.push(record)
  return all
}
