import type { Collection } from './ports/store.js'
import type { Registry } from './registry.js'

const PAGE = 1000

/** The records under a prefix, read page by page as they are asked for, so that nobody holds all of a big repository. */
export async function* listEach<T>(
  collection: Collection<T>,
  registry: Registry,
  { prefix = '', after }: { prefix?: string; after?: string | undefined },
): AsyncGenerator<T, void> {
  let next = after
  do {
    const page = await collection.list(registry, { limit: PAGE, prefix, ...(next !== undefined && { after: next }) })
    yield* page.items
    next = page.next
  } while (next !== undefined)
}

/** All records under a prefix, for the few rules that need them at once. */
export async function listAll<T>(collection: Collection<T>, registry: Registry, prefix = ''): Promise<T[]> {
  const all: T[] = []
  for await (const record of listEach(collection, registry, { prefix })) all.push(record)
  return all
}
