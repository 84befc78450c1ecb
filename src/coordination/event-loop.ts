import { setImmediate } from 'node:timers/promises'

/** Records in one batch: read or written between two yields to the event loop, or written in one transaction. */
export const BATCH_SIZE = 250

/**
 * Lets the event loop handle everything else that is ready. Awaiting a promise of a store in this process does not: any
 * number of requests to such a store is answered within one iteration of the loop.
 */
export const yieldToEventLoop = (): Promise<void> => setImmediate()

/** A larger body, in bytes, blocks the event loop noticeably with each step that processes it, such as parsing. */
const LARGE_BODY = 512 * 1024

/** Whether processing this many bytes in one step delays other requests noticeably. */
export const isLargeBody = (bytes: number): boolean => bytes > LARGE_BODY

/** Splits a list into batches and yields to the event loop between them, because clients can make some lists long. */
export async function* batchesOf<T>(items: readonly T[], size = BATCH_SIZE): AsyncGenerator<T[], void> {
  for (let start = 0; start < items.length; start += size) {
    if (start > 0) await yieldToEventLoop()
    yield items.slice(start, start + size)
  }
}

/** Like `Promise.all(items.map(work))`, but one batch after another. */
export async function mapInBatches<T, R>(
  items: readonly T[],
  work: (item: T) => R | Promise<R>,
  size = BATCH_SIZE,
): Promise<R[]> {
  const results: R[] = []
  for await (const batch of batchesOf(items, size))
    for (const result of await Promise.all(batch.map(work))) results.push(result)
  return results
}
