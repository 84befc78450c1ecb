import { BlobsUnavailable } from '../registry/ports/blob-store.js'
import { StoreUnavailable } from '../registry/ports/key-value.js'

/** Whether an error means that a storage is unavailable, so that trying anything else now is of no use. */
export const isOutage = (error: unknown): boolean =>
  error instanceof StoreUnavailable || error instanceof BlobsUnavailable

/**
 * Does the same work with each item though it fails with earlier ones, so that one registry or record does not keep the
 * others waiting. Work that returns `stop` is the last. Afterwards throws the first error; that of an outage at once.
 */
export async function attemptEach<T>(
  items: Iterable<T> | AsyncIterable<T>,
  work: (item: T) => Promise<'stop' | void>,
): Promise<void> {
  let first: { readonly error: unknown } | undefined
  for await (const item of items) {
    try {
      if ((await work(item)) === 'stop') break
    } catch (error) {
      if (isOutage(error)) throw error
      first ??= { error }
    }
  }
  if (first) throw first.error
}
