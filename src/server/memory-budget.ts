/** The memory budget that all request bodies of a plane share. */
export interface MemoryBudget {
  /**
   * Reserves memory for one body, which grows as the body arrives. `giveUp` is called once, if the budget is exceeded
   * and this is the oldest unfinished body.
   */
  reserve(giveUp: () => void): Reservation
}

/** The part of the budget that one body has reserved. */
export interface Reservation {
  /** Reserves this many more bytes, which have just arrived. */
  grow(bytes: number): void
  /** The whole body has arrived: from now on `giveUp` is not called. */
  complete(): void
  /** Returns the reserved bytes to the budget. A second call does nothing. */
  release(): void
}

/**
 * Bounds the memory that all bodies take together. The oldest unfinished body is given up first. So a flood of bodies
 * that never end harms only its senders, because a body that arrives at normal speed is never the oldest.
 */
export function memoryBudget(atMostBytes: number): MemoryBudget {
  const unfinished = new Map<Reservation, () => void>()
  let reservedBytes = 0

  function giveUpOldest() {
    for (const [reservation, giveUp] of unfinished) {
      if (reservedBytes <= atMostBytes) return
      reservation.release()
      giveUp()
    }
  }

  return {
    reserve(giveUp) {
      let ownBytes = 0
      let isReleased = false
      const reservation: Reservation = {
        grow(bytes) {
          if (isReleased) return
          ownBytes += bytes
          reservedBytes += bytes
          if (reservedBytes > atMostBytes) giveUpOldest()
        },
        complete: () => void unfinished.delete(reservation),
        release() {
          unfinished.delete(reservation)
          if (!isReleased) reservedBytes -= ownBytes
          isReleased = true
        },
      }
      unfinished.set(reservation, giveUp)
      return reservation
    },
  }
}
