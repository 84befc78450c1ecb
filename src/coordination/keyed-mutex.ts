import pLimit, { type LimitFunction } from 'p-limit'

/** Runs work under the concurrency limit of its key. Work under different keys does not wait for each other. */
export type KeyedLimit = <R>(key: string, work: () => Promise<R>) => Promise<R>

/**
 * A concurrency limit (semaphore) for each key, for example for each upstream, so that a dead upstream delays only its
 * own work.
 */
export function keyedLimit(concurrency: number): KeyedLimit {
  const limits = new Map<string, LimitFunction>()

  return async (key, work) => {
    const limit = limits.get(key) ?? pLimit(concurrency)
    limits.set(key, limit)
    try {
      return await limit(work)
    } finally {
      if (limit.activeCount + limit.pendingCount === 0) limits.delete(key)
    }
  }
}

/** A limit of one: the work of each key runs one after the other, in the order it came. */
export type KeyedMutex = KeyedLimit

/** A mutex for each key, within this process. An unused key takes no memory. */
export const keyedMutex = (): KeyedMutex => keyedLimit(1)
