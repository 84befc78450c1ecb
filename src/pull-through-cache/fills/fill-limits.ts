import pLimit, { type LimitFunction } from 'p-limit'

/** So many at a time of each upstream: a dead one holds up only its own. */
export function limits(atATime: number) {
  const ofUpstream = new Map<string, LimitFunction>()
  return (upstream: string): LimitFunction => {
    const limit = ofUpstream.get(upstream) ?? pLimit(atATime)
    ofUpstream.set(upstream, limit)
    return limit
  }
}
