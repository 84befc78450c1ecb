/** Who holds a place: from the outermost down, an account and then one of its callers. Empty while nobody knows. */
export type Owner = readonly string[]

/** So many places, shared by those who ask for them. */
export interface FairShares {
  readonly isFull: () => boolean
  /** Whether the owner may have one more: see `shares`. */
  readonly mayAcquire: (owner: Owner) => boolean
  readonly acquire: (owner: Owner) => void
  readonly release: (owner: Owner) => void
  /** How many the owner and all within it hold. */
  readonly heldBy: (owner: Owner) => number
}

/**
 * Counts places. An owner may hold `ratio` times as many as stay free, and within it each caller as many as the owner may
 * still take. So one leaves some to others however much it asks for, each further one makes the shares smaller,
 * and who holds none is let in as long as there is one. (Choudhury and Hahne, "Dynamic queue length thresholds for
 * shared-memory packet switches", 1998.)
 */
export function fairShares(limit: number, ratio: number): FairShares {
  const held = new Map<string, number>()
  let taken = 0

  const add = (owner: Owner, places: 1 | -1) => {
    taken += places
    for (const key of keysOf(owner)) {
      const now = (held.get(key) ?? 0) + places
      if (now > 0) held.set(key, now)
      else held.delete(key)
    }
  }
  return {
    isFull: () => taken >= limit,
    mayAcquire(owner) {
      let free = limit - taken
      return keysOf(owner).every((key, depth) => {
        const own = held.get(key) ?? 0
        const share = depth === 0 ? ratio * free : free
        const may = free > 0 && (own === 0 || own < share)
        free = share - own
        return may
      })
    },
    acquire: (owner) => add(owner, 1),
    release: (owner) => add(owner, -1),
    heldBy: (owner) => held.get(owner.join('\n')) ?? 0,
  }
}

/** The outermost first. No name of an account, a principal or a repository has a line feed. */
const keysOf = (owner: Owner) => owner.map((_, index) => owner.slice(0, index + 1).join('\n'))
