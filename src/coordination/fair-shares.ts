/**
 * Who holds a permit, from the widest group to the narrowest: an account, then one of its callers. Empty until the
 * caller is known.
 */
export type Owner = readonly string[]

/** A fixed number of permits, shared fairly by their owners. */
export interface FairShares {
  readonly isFull: () => boolean
  /** Whether the owner's fair share allows one more permit: see `fairShares`. */
  readonly mayAcquire: (owner: Owner) => boolean
  readonly acquire: (owner: Owner) => void
  readonly release: (owner: Owner) => void
  /** How many permits the owner holds, including those of the callers within it. */
  readonly heldBy: (owner: Owner) => number
}

/**
 * Counts permits. An account may hold at most `ratio` times as many as are free, and each of its callers at most as
 * many as the account could still take. So some permits stay free for others however many one account requests, shares
 * shrink with each additional account, and an owner without a permit gets one as long as any is free. (Choudhury and
 * Hahne, "Dynamic queue length thresholds for shared-memory packet switches", 1998.)
 */
export function fairShares(limit: number, ratio: number): FairShares {
  const permitsByOwner = new Map<string, number>()
  let total = 0

  const add = (owner: Owner, permits: 1 | -1) => {
    total += permits
    for (const key of keysOf(owner)) {
      const now = (permitsByOwner.get(key) ?? 0) + permits
      if (now > 0) permitsByOwner.set(key, now)
      else permitsByOwner.delete(key)
    }
  }
  return {
    isFull: () => total >= limit,
    mayAcquire(owner) {
      let free = limit - total
      return keysOf(owner).every((key, depth) => {
        const own = permitsByOwner.get(key) ?? 0
        const share = depth === 0 ? ratio * free : free
        const may = free > 0 && (own === 0 || own < share)
        free = share - own
        return may
      })
    },
    acquire: (owner) => add(owner, 1),
    release: (owner) => add(owner, -1),
    heldBy: (owner) => permitsByOwner.get(ownerKey(owner)) ?? 0,
  }
}

/** An owner as one string. Names of accounts, principals and repositories contain no line feed. */
export const ownerKey = (owner: Owner): string => owner.join('\n')

/** The keys of the owner and of every group it belongs to, the widest first. */
function keysOf(owner: Owner): readonly string[] {
  const [widest, ...narrower] = owner
  if (widest === undefined) return owner
  const keys = [widest]
  for (const name of narrower) keys.push(`${keys.at(-1)}\n${name}`)
  return keys
}
