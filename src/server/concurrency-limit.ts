import { type FairShares, fairShares, type Owner } from '../coordination/fair-shares.js'
import { rateExceeded } from '../registry/errors.js'
import type { Wait } from '../registry/ports/importer.js'
import type { Principal } from '../registry/principal.js'
import type { Limits } from './limits.js'
import type { RateLimit } from './rate-limit.js'

/** Limits how many requests a plane works on at a time. */
export interface ConcurrencyLimit {
  /** A permit for one request; undefined if the limit is reached. */
  readonly acquire: () => RequestPermit | undefined
}

/** The right of one request to be worked on. */
export interface RequestPermit {
  /**
   * Charges the permit to the caller once the caller is known. Throws ThrottlingException if the caller exceeds the
   * rate limit, or if the caller or its account exceeds its fair share.
   */
  readonly chargeTo: (caller: Pick<Principal, 'arn' | 'account'>) => void
  /** The same if only an account or an address is known: no rate limit applies. */
  readonly chargeToAccount: (account: string) => void
  /**
   * Gives up the permit while work waits for an upstream. Waiting requests have a limit and fair shares of their own.
   */
  readonly wait: Wait
  /** Returns the permit after the request was answered or refused. */
  readonly release: () => void
}

/**
 * With this ratio, one account may hold 7/8 of the permits, each of two competing accounts 7/15, and a single caller of
 * an account 7/9.
 */
const SHARE_RATIO = 7

interface Pools {
  readonly working: FairShares
  readonly waiting: FairShares
  readonly rateLimit: RateLimit
}

/** The concurrency limit of one plane, shared fairly between accounts and their callers (decision 14). */
export function concurrencyLimit(
  { requestsAtOnce, connections }: Pick<Limits, 'requestsAtOnce' | 'connections'>,
  rateLimit: RateLimit,
): ConcurrencyLimit {
  const pools: Pools = {
    working: fairShares(requestsAtOnce, SHARE_RATIO),
    // Each waiting request holds a connection. The other half is reserved for requests that need no upstream.
    waiting: fairShares(Math.max(1, Math.floor(connections / 2)), SHARE_RATIO),
    rateLimit,
  }
  return { acquire: () => (pools.working.isFull() ? undefined : acquirePermit(pools)) }
}

function acquirePermit({ working, waiting, rateLimit }: Pools): RequestPermit {
  let owner: Owner = []
  let waits = 0
  let isReleased = false
  working.acquire(owner)

  const transferTo = (next: Owner) => {
    working.release(owner)
    const isAllowed = working.mayAcquire(next)
    owner = isAllowed ? next : []
    working.acquire(owner)
    if (!isAllowed) throw rateExceeded()
  }
  return {
    chargeTo({ account, arn }) {
      rateLimit(arn)
      transferTo([account, arn])
    },
    chargeToAccount: (account) => transferTo([account]),
    async wait(work) {
      const waiter = owner
      if (!waiting.mayAcquire(waiter)) throw rateExceeded()
      waiting.acquire(waiter)
      if (++waits === 1) working.release(owner)
      try {
        return await work()
      } finally {
        waiting.release(waiter)
        // A request that was admitted goes on, even above the limit if others were admitted meanwhile.
        if (--waits === 0 && !isReleased) working.acquire(owner)
      }
    },
    release() {
      isReleased = true
      if (waits === 0) working.release(owner)
    },
  }
}
