/** The only source of the current time. */
export interface Clock {
  /** The emulator's time, which the admin endpoint can advance. Read once for each request. */
  now(): Promise<Date>
  /** The machine's time, against which signatures of clients are checked: the clocks of clients cannot be advanced. */
  wall(): Date
  /** Advances the emulator's time, for all processes on the same store. */
  advance(seconds: number): Promise<Date>
}

/** The emulator's time, and how many seconds it is ahead of the machine's. */
export interface ClockReading {
  readonly now: Date
  readonly advancedSeconds: number
}

/** Reads the emulator's time for people and programs that ask how far it was advanced. */
export async function readClock(clock: Clock): Promise<ClockReading> {
  const now = await clock.now()
  return { now, advancedSeconds: Math.round((now.getTime() - clock.wall().getTime()) / 1000) }
}

/**
 * The key of the installation's setting for the offset of the emulator's time in milliseconds. Every request reads it.
 */
export const CLOCK_OFFSET = 'clock-offset'

/**
 * The clock is not advanced beyond it: ISO 8601 has years of four digits, and `Date` cannot represent much later times.
 */
export const LAST_MOMENT = Date.UTC(9999, 11, 31, 23, 59, 59, 999)
