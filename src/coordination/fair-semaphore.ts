import { fairShares, type Owner, ownerKey } from './fair-shares.js'

/**
 * A semaphore whose permits are shared fairly by accounts: one upstream's connections by the accounts that pull from
 * it.
 */
export interface FairSemaphore {
  /**
   * Waits for a permit and returns the function that releases it. Rejects with the signal's reason if it is aborted
   * first.
   */
  acquire(owner: Owner, signal?: AbortSignal): Promise<() => void>
}

/**
 * An account may hold as many permits as are free. So one active account gets half of all permits, and two get a third
 * each.
 */
const RATIO = 1

interface Waiter {
  readonly owner: Owner
  readonly admit: () => void
}

/**
 * A semaphore of `limit` permits. An owner that already holds its fair share waits even if permits are free. The next
 * permit goes to the waiter whose account holds the fewest permits, then to the one whose repository holds the fewest,
 * then to the one that has waited longest. So an upstream that is slow for one account delays only that account, and a
 * slow repository does not delay the account's other repositories.
 */
export function fairSemaphore(limit: number): FairSemaphore {
  const permits = fairShares(limit, RATIO)
  const waiters = fairQueue((owner) => [permits.heldBy(owner.slice(0, 1)), permits.heldBy(owner)])

  function take(owner: Owner): () => void {
    permits.acquire(owner)
    let isReleased = false
    return () => {
      if (isReleased) return
      isReleased = true
      permits.release(owner)
      for (let next = waiters.next(permits.mayAcquire); next; next = waiters.next(permits.mayAcquire)) {
        waiters.delete(next)
        next.admit()
      }
    }
  }

  return {
    async acquire(owner, signal) {
      signal?.throwIfAborted()
      if (permits.mayAcquire(owner)) return take(owner)
      return new Promise((resolve, reject) => {
        const giveUp = () => {
          waiters.delete(waiter)
          reject(signal?.reason as Error)
        }
        const waiter: Waiter = {
          owner,
          admit: () => {
            signal?.removeEventListener('abort', giveUp)
            resolve(take(owner))
          },
        }
        signal?.addEventListener('abort', giveUp, { once: true })
        waiters.add(waiter)
      })
    },
  }
}

/**
 * Waiters by owner. Thousands of waiters may belong to a few owners, so only the first waiter of each owner is
 * compared.
 */
function fairQueue(heldBy: (owner: Owner) => readonly [account: number, own: number]) {
  const byOwner = new Map<string, Set<Waiter>>()

  return {
    add(waiter: Waiter) {
      const key = ownerKey(waiter.owner)
      byOwner.set(key, (byOwner.get(key) ?? new Set<Waiter>()).add(waiter))
    },
    delete(waiter: Waiter) {
      const waiters = byOwner.get(ownerKey(waiter.owner))
      waiters?.delete(waiter)
      if (waiters?.size === 0) byOwner.delete(ownerKey(waiter.owner))
    },
    next(mayAcquire: (owner: Owner) => boolean): Waiter | undefined {
      const firsts = [...byOwner.values()].flatMap((waiters) => waiters.values().next().value ?? [])
      const eligible = firsts.filter(({ owner }) => mayAcquire(owner))
      const ranked = eligible.map((waiter) => ({ waiter, held: heldBy(waiter.owner) }))
      const [first] = ranked.sort((a, b) => a.held[0] - b.held[0] || a.held[1] - b.held[1])
      return first?.waiter
    },
  }
}
