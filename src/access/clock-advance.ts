/**
 * How far the emulator's clock was ahead of the machine's when something was issued. A reset sets the clock back, and what
 * was issued before it would otherwise be good for as long again as the clock had been advanced.
 */
export interface IssuedAhead {
  /** In seconds; absent where the clock was not advanced. */
  readonly clockAdvancedBy?: number
}

/** Machines that share a store need not agree on the time to the second, and the two times are not read at one moment. */
const TOLERANCE_SECONDS = 60

/** What to remember in something that is issued now. */
export function issuedAhead(now: Date, wall: Date): IssuedAhead {
  const seconds = advance(now, wall)
  return seconds > 0 ? { clockAdvancedBy: seconds } : {}
}

/** Whether the clock was set back since this was issued: it only ever moves forward, save by a reset. */
export const isBeforeReset = ({ clockAdvancedBy = 0 }: IssuedAhead, now: Date, wall: Date): boolean =>
  clockAdvancedBy > advance(now, wall) + TOLERANCE_SECONDS

const advance = (now: Date, wall: Date) => Math.max(0, Math.round((now.getTime() - wall.getTime()) / 1000))
