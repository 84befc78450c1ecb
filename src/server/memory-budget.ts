/** The memory that all request bodies of a plane share. */
export interface MemoryBudget {
  /**
   * Reserves memory for one body, which grows as the body arrives. `giveUp` is called, once, where the budget is exceeded
   * and no other unfinished body is older.
   */
  reserve(giveUp: () => void): Reservation
}

/** One body's part of the budget. */
export interface Reservation {
  /** That many bytes more arrived. */
  grow(bytes: number): void
  /** The body has arrived whole: from now on it is not given up. */
  complete(): void
  /** Its bytes are not needed any more. A second call does nothing. */
  release(): void
}

/**
 * Bounds what bodies take together. The oldest unfinished one is given up first: a flood of bodies that never end costs
 * only its senders, because a body that arrives at a usual speed is never the oldest.
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
