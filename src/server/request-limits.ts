import { rateExceeded } from '../registry/errors.js'
import type { Clock } from '../registry/ports/clock.js'
import type { Wait } from '../registry/ports/importer.js'
import type { Principal } from '../registry/principal.js'
import type { Limits } from './limits.js'
import { type Owner, type FairShares, fairShares } from '../coordination/fair-shares.js'

/** Lets requests in, as many as the limits allow. */
export interface RequestLimits {
  /** A request is to be worked on. Undefined where too many are. */
  readonly acquire: () => RequestPermit | undefined
}

/** One request's place among those that are worked on. */
export interface RequestPermit {
  /** It is known whose request it is. Throws ThrottlingException: the caller asks too fast, or its account has its share. */
  readonly chargeTo: (caller: Pick<Principal, 'arn' | 'account'>) => void
  /** The same for a request of which only an account, or an address, is known: nothing is said about its speed. */
  readonly chargeToAccount: (account: string) => void
  /** Meanwhile its place is free for others: waiting costs a connection and some memory, and has a bound of its own. */
  readonly wait: Wait
  /** It is done. */
  readonly release: () => void
}

/** What a caller who has asked for nothing lately may ask for at once: the clients of a node that starts do. */
const BURST_SECONDS = 10

/** Callers that are counted; beyond them the one that was quiet for longest is forgotten. */
const CALLERS = 10_000

/**
 * One account may have seven eighths of the places, and two that want more than there are seven fifteenths each; one
 * caller of an account seven ninths.
 */
const SHARE_RATIO = 7

/** Keeps count for one plane. How fast a caller asks is measured by the machine's time: the emulator's may be advanced. */
export function requestLimits(
  limits: Pick<Limits, 'requestsAtOnce' | 'requestsPerSecond' | 'connections'>,
  { wall }: Pick<Clock, 'wall'>,
): RequestLimits {
  const counts: Counts = {
    atWork: fairShares(limits.requestsAtOnce, SHARE_RATIO),
    // Each waiting request holds a connection: the other half stays for those that need no upstream.
    waiting: fairShares(Math.max(1, Math.floor(limits.connections / 2)), SHARE_RATIO),
    limitRate: rateLimit(limits.requestsPerSecond, wall),
  }
  return { acquire: () => (counts.atWork.isFull() ? undefined : placeIn(counts)) }
}

interface Counts {
  readonly atWork: FairShares
  readonly waiting: FairShares
  readonly limitRate: (caller: string) => void
}

function placeIn({ atWork, waiting, limitRate }: Counts): RequestPermit {
  let owner: Owner = []
  let [waits, hasLeft] = [0, false]
  atWork.acquire(owner)

  const becomeOf = (next: Owner) => {
    atWork.release(owner)
    const may = atWork.mayAcquire(next)
    owner = may ? next : []
    atWork.acquire(owner)
    if (!may) throw rateExceeded()
  }
  return {
    chargeTo({ account, arn }) {
      limitRate(arn)
      becomeOf([account, arn])
    },
    chargeToAccount: (account) => becomeOf([account]),
    async wait(work) {
      const waiter = owner
      if (!waiting.mayAcquire(waiter)) throw rateExceeded()
      waiting.acquire(waiter)
      if (++waits === 1) atWork.release(owner)
      try {
        return await work()
      } finally {
        waiting.release(waiter)
        // What was let in once goes on, though others came meanwhile.
        if (--waits === 0 && !hasLeft) atWork.acquire(owner)
      }
    },
    release() {
      hasLeft = true
      if (waits === 0) atWork.release(owner)
    },
  }
}

/** Throws ThrottlingException where a caller asks faster than the limit; 0 is none. */
function rateLimit(perSecond: number, wall: Clock['wall']): (caller: string) => void {
  const buckets = new Map<string, Bucket>()
  return (caller) => {
    if (perSecond === 0) return
    const at = wall().getTime()
    const left = tokensAt(at, buckets.get(caller), perSecond)
    buckets.delete(caller)
    buckets.set(caller, { at, tokens: Math.max(0, left - 1) })
    const [quietest] = buckets.keys()
    if (buckets.size > CALLERS && quietest !== undefined) buckets.delete(quietest)
    if (left < 1) throw rateExceeded()
  }
}

interface Bucket {
  /** When it was last looked at, in epoch milliseconds. */
  readonly at: number
  readonly tokens: number
}

function tokensAt(now: number, bucket: Bucket | undefined, perSecond: number): number {
  const full = perSecond * BURST_SECONDS
  if (!bucket) return full
  // The machine's time may be set back.
  const since = Math.max(0, now - bucket.at) / 1000
  return Math.min(full, bucket.tokens + since * perSecond)
}
