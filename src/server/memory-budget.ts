/** The memory all bodies share. */
export interface MemoryBudget {
  /** A body begins. `giveUp` is called, once, where room is needed and no other body has been on its way for longer. */
  reserve(giveUp: () => void): Reservation
}

/** One body's part of it. */
export interface Reservation {
  /** So many bytes came. */
  grow(bytes: number): void
  /** The body is here whole: it is not given up any more. */
  complete(): void
  /** Its bytes are let go of. */
  release(): void
}

/**
 * Bounds what bodies take together. Who is slowest makes room: a flood of bodies that never end costs only themselves, and
 * a body that comes at a common speed is never the oldest.
 */
export function memoryBudget(atMostBytes: number): MemoryBudget {
  const coming = new Map<Reservation, () => void>()
  let taken = 0

  function makeRoom() {
    for (const [share, giveUp] of coming) {
      if (taken <= atMostBytes) return
      share.release()
      giveUp()
    }
  }

  return {
    reserve(giveUp) {
      let [own, isDone] = [0, false]
      const share: Reservation = {
        grow(bytes) {
          if (isDone) return
          own += bytes
          taken += bytes
          if (taken > atMostBytes) makeRoom()
        },
        complete: () => void coming.delete(share),
        release() {
          coming.delete(share)
          if (!isDone) taken -= own
          isDone = true
        },
      }
      coming.set(share, giveUp)
      return share
    },
  }
}
