import pLimit, { type LimitFunction } from 'p-limit'

/** Runs work of one key under that key's limit; work of different keys does not wait for one another. */
export type KeyedLimit = <R>(key: string, work: () => Promise<R>) => Promise<R>

/** A concurrency limit for each key, for example for each upstream: a dead one delays only its own work. */
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

/** Runs the work of one key one after the other, in the order it came, whether the work before it failed or not. */
export const keyedMutex = (): KeyedLimit => keyedLimit(1)
