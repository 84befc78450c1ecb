/** The memory all bodies share. */
export interface Room {
  /** A body begins. `giveUp` is called, once, where room is needed and no other body has been on its way for longer. */
  share(giveUp: () => void): Share
}

/** One body's part of it. */
export interface Share {
  /** So many bytes came. */
  more(bytes: number): void
  /** The body is here whole: it is not given up any more. */
  whole(): void
  /** Its bytes are let go of. */
  done(): void
}

/**
 * Bounds what bodies take together. Who is slowest makes room: a flood of bodies that never end costs only themselves, and
 * a body that comes at a common speed is never the oldest.
 */
export function roomOf(atMostBytes: number): Room {
  const coming = new Map<Share, () => void>()
  let taken = 0

  function makeRoom() {
    for (const [share, giveUp] of coming) {
      if (taken <= atMostBytes) return
      share.done()
      giveUp()
    }
  }

  return {
    share(giveUp) {
      let [own, isDone] = [0, false]
      const share: Share = {
        more(bytes) {
          if (isDone) return
          own += bytes
          taken += bytes
          if (taken > atMostBytes) makeRoom()
        },
        whole: () => void coming.delete(share),
        done() {
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
