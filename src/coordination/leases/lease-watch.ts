import { LRUCache } from 'lru-cache'
import type { LeaseRecord } from '../../registry/ports/lease.js'

/** What this process has seen of leases held by other processes, timed only by its own clock. */
export interface LeaseWatch {
  /** Records that this process has seen the record now, and returns whether its owner may still be alive. */
  isHeld(name: string, record: LeaseRecord): boolean
  /** Whether this process has seen the owner change or the counter increase. */
  isAlive(name: string): boolean
  forget(name: string): void
}

interface Sighting {
  readonly owner: string
  readonly beat: number
  /** When this owner and counter were first seen, by `performance.now()`. */
  readonly since: number
  readonly hasChanged: boolean
}

/**
 * More leases than a process ever waits for at once. Beyond it the least recently changed sighting is evicted. As `max`
 * in place of `maxSize` it would make the cache allocate memory for all of them.
 */
const MAX_SIGHTINGS = 10_000

/** An owner whose counter has stood still for `deadAfterMs` is dead. */
export function leaseWatch(deadAfterMs: number): LeaseWatch {
  const sightings = new LRUCache<string, Sighting>({ maxSize: MAX_SIGHTINGS, sizeCalculation: () => 1 })

  function note(name: string, owner: string, beat: number): Sighting {
    // Not `get`: only a change makes a sighting recent.
    const before = sightings.peek(name)
    if (before?.owner === owner && before.beat === beat) return before
    const sighting = { owner, beat, since: performance.now(), hasChanged: before !== undefined }
    sightings.set(name, sighting)
    return sighting
  }

  return {
    isHeld(name, { owner, beat }) {
      if (owner === undefined) {
        sightings.delete(name)
        return false
      }
      return performance.now() - note(name, owner, beat).since < deadAfterMs
    },
    isAlive: (name) => sightings.peek(name)?.hasChanged === true,
    forget: (name) => void sightings.delete(name),
  }
}
