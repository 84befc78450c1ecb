/** Records that are read or written between two turns of the event loop, and in one transaction where there are many. */
export const BATCH_SIZE = 250

/**
 * Lets everything else that waits have its turn. Awaiting a promise does not: a store in this process answers without
 * leaving the turn, and so would a whole list of requests to it.
 */
export const yieldToEventLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Bytes of a body each step of reading which may take a good part of what one turn should. */
const LARGE_BODY = 512 * 1024

/** Whether a step of work on so many bytes keeps others waiting. */
export const isLargeBody = (bytes: number): boolean => bytes > LARGE_BODY

/** Ends the turn after a step of work on so many bytes, where they are many: the common request does not wait for others. */
export const yieldAfter = (bytes: number): Promise<void> | undefined =>
  isLargeBody(bytes) ? yieldToEventLoop() : undefined

/** A list in parts of at most so many, with a pause after each but the last: a client decides how long lists are. */
export async function* batchesOf<T>(items: readonly T[], size = BATCH_SIZE): AsyncGenerator<T[], void> {
  for (let start = 0; start < items.length; start += size) {
    if (start > 0) await yieldToEventLoop()
    yield items.slice(start, start + size)
  }
}

/** What `Promise.all` gives, with the work begun in slices. */
export async function mapInBatches<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
  size = BATCH_SIZE,
): Promise<R[]> {
  const results: R[] = []
  for await (const slice of batchesOf(items, size))
    for (const result of await Promise.all(slice.map(work))) results.push(result)
  return results
}
