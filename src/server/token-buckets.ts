import { LRUCache } from 'lru-cache'
import type { Clock } from '../registry/ports/clock.js'

/** Takes a token from the bucket of this key and returns whether there was one. */
export type TokenBuckets = (key: string) => boolean

/**
 * The number of keys whose buckets are remembered. The least recently used one is evicted and starts again with a full
 * bucket.
 */
const MAX_KEYS = 10_000

interface Bucket {
  /** When the bucket was last refilled, in epoch milliseconds. */
  readonly at: number
  readonly tokens: number
}

/**
 * Token buckets by key, refilled by the machine's clock, because the emulator's can be advanced. A new bucket is full.
 * A refused request takes nothing, so that a caller who keeps asking still has the rate.
 */
export function tokenBuckets(
  { perSecond, capacity }: { readonly perSecond: number; readonly capacity: number },
  clock: Pick<Clock, 'wall'>,
): TokenBuckets {
  const buckets = new LRUCache<string, Bucket>({ max: MAX_KEYS })
  return (key) => {
    const at = clock.wall().getTime()
    const tokens = tokensAt(at, buckets.get(key))
    const hasToken = tokens >= 1
    buckets.set(key, { at, tokens: hasToken ? tokens - 1 : tokens })
    return hasToken
  }

  function tokensAt(now: number, bucket: Bucket | undefined): number {
    if (!bucket) return capacity
    // The machine's clock may have been set back.
    const elapsedSeconds = Math.max(0, now - bucket.at) / 1000
    return Math.min(capacity, bucket.tokens + elapsedSeconds * perSecond)
  }
}
