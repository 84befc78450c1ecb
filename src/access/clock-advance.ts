/**
 * How far the emulator's clock was ahead of the machine's when a token, session or URL was issued. A reset sets the
 * clock back; without this claim, what was issued before would stay valid for as much longer as the clock had been
 * advanced.
 */
export interface ClockAdvanceClaim {
  /** In seconds; absent where the clock was not advanced. */
  readonly clockAdvancedBy?: number
}

/** Machines that share a store may differ by seconds, and `now` and `wall` are read one after the other. */
const TOLERANCE_SECONDS = 60

/** The claim to put into something issued now. */
export function clockAdvanceClaim(now: Date, wall: Date): ClockAdvanceClaim {
  const seconds = advance(now, wall)
  return seconds > 0 ? { clockAdvancedBy: seconds } : {}
}

/** Whether the clock was reset after this was issued. Except by a reset, it only moves forward. */
export const isBeforeReset = ({ clockAdvancedBy = 0 }: ClockAdvanceClaim, now: Date, wall: Date): boolean =>
  clockAdvancedBy > advance(now, wall) + TOLERANCE_SECONDS

/**
 * The machine's time from which something issued with this expiry cannot be valid any more, even after a reset of the
 * clock. In epoch milliseconds.
 */
export const lastWallTime = ({ clockAdvancedBy = 0 }: ClockAdvanceClaim, expiresAt: number): number =>
  expiresAt - clockAdvancedBy * 1000 + TOLERANCE_SECONDS * 1000

const advance = (now: Date, wall: Date) => Math.max(0, Math.round((now.getTime() - wall.getTime()) / 1000))
