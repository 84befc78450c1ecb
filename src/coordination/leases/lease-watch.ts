import type { LeaseRecord } from '../../registry/ports/store.js'

/** What this process saw of the leases others hold, by its own watch: nobody's clock is compared with another's. */
export interface Watch {
  /** Takes note of a record, and says whether its owner may still live. */
  isHeld(name: string, record: LeaseRecord): boolean
  /** Whether the owner was seen to change or to count. */
  isAlive(name: string): boolean
  forget(name: string): void
}

interface Sighting {
  readonly owner: string
  readonly beat: number
  readonly since: number
  readonly hasChanged: boolean
}

/** Enough for every lease that somebody waits for; one that is pushed out is watched anew. */
const SIGHTINGS = 10_000

export function watch(deadAfterMs: number): Watch {
  const sightings = new Map<string, Sighting>()

  function note(name: string, owner: string, beat: number): Sighting {
    const before = sightings.get(name)
    if (before?.owner === owner && before.beat === beat) return before
    const now = { owner, beat, since: performance.now(), hasChanged: before !== undefined }
    sightings.delete(name)
    sightings.set(name, now)
    const [oldest] = sightings.keys()
    if (sightings.size > SIGHTINGS && oldest !== undefined) sightings.delete(oldest)
    return now
  }

  return {
    isHeld(name, { owner, beat }) {
      if (owner === undefined) {
        sightings.delete(name)
        return false
      }
      return performance.now() - note(name, owner, beat).since < deadAfterMs
    },
    isAlive: (name) => sightings.get(name)?.hasChanged === true,
    forget: (name) => void sightings.delete(name),
  }
}
