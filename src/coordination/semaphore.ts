import { type Owner, fairShares } from './fair-shares.js'

/** Places at one upstream, shared by the accounts whose pulls need them. */
export interface FairSemaphore {
  /**
   * Waits for a place; calling the answer gives it back. Rejects with the signal's reason where that is aborted first.
   */
  acquire(owner: Owner, signal?: AbortSignal): Promise<() => void>
}

/** An account holds no more places than stay free: one alone half of them, two a third each. */
const RATIO = 1

interface Waiting {
  readonly owner: Owner
  readonly enter: () => void
}

/**
 * So many places. Who has its share waits though places are free; of those that wait, the one whose account holds fewest
 * goes first, and among these who came first. So what is slow for one account holds up that account alone, and a slow
 * repository not all of its account.
 */
export function fairSemaphore(limit: number): FairSemaphore {
  const places = fairShares(limit, RATIO)
  const waiting = waitingRoom((owner) => [places.heldBy(owner.slice(0, 1)), places.heldBy(owner)])

  function enter(owner: Owner): () => void {
    places.acquire(owner)
    let isReleased = false
    return () => {
      if (isReleased) return
      isReleased = true
      places.release(owner)
      for (let next = waiting.next(places.mayAcquire); next; next = waiting.next(places.mayAcquire)) {
        waiting.delete(next)
        next.enter()
      }
    }
  }

  return {
    async acquire(owner, signal) {
      signal?.throwIfAborted()
      if (places.mayAcquire(owner)) return enter(owner)
      return new Promise((resolve, reject) => {
        const giveUp = () => {
          waiting.delete(one)
          reject(signal?.reason as Error)
        }
        const one: Waiting = {
          owner,
          enter: () => {
            signal?.removeEventListener('abort', giveUp)
            resolve(enter(owner))
          },
        }
        signal?.addEventListener('abort', giveUp, { once: true })
        waiting.add(one)
      })
    },
  }
}

/** Those that wait, by owner: thousands may wait for few owners, and only the first of each is looked at. */
function waitingRoom(heldBy: (owner: Owner) => readonly [account: number, own: number]) {
  const byOwner = new Map<string, Set<Waiting>>()
  const keyOf = ({ owner }: Waiting) => owner.join('\n')

  return {
    add: (one: Waiting) => void byOwner.set(keyOf(one), (byOwner.get(keyOf(one)) ?? new Set<Waiting>()).add(one)),
    delete(one: Waiting) {
      const others = byOwner.get(keyOf(one))
      others?.delete(one)
      if (others?.size === 0) byOwner.delete(keyOf(one))
    },
    next(mayEnter: (owner: Owner) => boolean): Waiting | undefined {
      const firsts = [...byOwner.values()].flatMap((ofOwner) => ofOwner.values().next().value ?? [])
      const allowed = firsts.filter(({ owner }) => mayEnter(owner))
      const ranked = allowed.map((one) => ({ one, held: heldBy(one.owner) }))
      const [first] = ranked.sort((a, b) => a.held[0] - b.held[0] || a.held[1] - b.held[1])
      return first?.one
    },
  }
}
