import { rateExceeded } from '../errors.js'
import type { Clock } from '../ports/clock.js'
import type { Limits } from './limits.js'

/** Lets requests in, as many as the limits allow. */
export interface Admission {
  /** A request is to be worked on: call the answer when that is done. Undefined where too many are. */
  readonly enter: () => (() => void) | undefined
  /** It is known whose request it is. Throws ThrottlingException. */
  readonly admit: (caller: string) => void
}

/** What a caller who has asked for nothing lately may ask for at once: the clients of a node that starts do. */
const BURST_SECONDS = 10

/** Callers that are counted; beyond them the one that was quiet for longest is forgotten. */
const CALLERS = 10_000

/** Keeps count for one plane. How fast a caller asks is told by the machine's time: the emulator's may be advanced. */
export function admission(
  { requestsAtOnce, requestsPerSecond }: Pick<Limits, 'requestsAtOnce' | 'requestsPerSecond'>,
  { wall }: Pick<Clock, 'wall'>,
): Admission {
  const buckets = new Map<string, Bucket>()
  let inHand = 0

  return {
    enter() {
      if (inHand >= requestsAtOnce) return undefined
      inHand++
      return () => void inHand--
    },
    admit(caller) {
      if (requestsPerSecond === 0) return
      const at = wall().getTime()
      const left = tokensAt(at, buckets.get(caller), requestsPerSecond)
      buckets.delete(caller)
      buckets.set(caller, { at, tokens: Math.max(0, left - 1) })
      const [quietest] = buckets.keys()
      if (buckets.size > CALLERS && quietest !== undefined) buckets.delete(quietest)
      if (left < 1) throw rateExceeded()
    },
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
