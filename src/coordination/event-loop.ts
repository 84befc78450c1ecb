import { setImmediate } from 'node:timers/promises'

/** How many records are read or written before the event loop runs again, and in one transaction where there are many. */
export const BATCH_SIZE = 250

/**
 * Lets the event loop handle whatever else is ready. Awaiting a promise does not: a store in this process answers within
 * the same iteration of the loop, and so does a whole list of requests to it.
 */
export const yieldToEventLoop = (): Promise<void> => setImmediate()

/** Bytes of a body beyond which one step of reading it blocks the event loop noticeably. */
const LARGE_BODY = 512 * 1024

/** Whether one step of work on this many bytes delays other requests noticeably. */
export const isLargeBody = (bytes: number): boolean => bytes > LARGE_BODY

/** Yields to the event loop after a step of work on a large body; a small one, the common case, does not wait for others. */
export const yieldAfter = (bytes: number): Promise<void> | undefined =>
  isLargeBody(bytes) ? yieldToEventLoop() : undefined

/** A list in batches, with a yield to the event loop between them: how long a list is may be up to a client. */
export async function* batchesOf<T>(items: readonly T[], size = BATCH_SIZE): AsyncGenerator<T[], void> {
  for (let start = 0; start < items.length; start += size) {
    if (start > 0) await yieldToEventLoop()
    yield items.slice(start, start + size)
  }
}

/** Maps like `Promise.all(items.map(work))`, one batch after the other. */
export async function mapInBatches<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
  size = BATCH_SIZE,
): Promise<R[]> {
  const results: R[] = []
  for await (const batch of batchesOf(items, size))
    for (const result of await Promise.all(batch.map(work))) results.push(result)
  return results
}
