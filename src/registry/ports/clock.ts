/** The only source of the current time. */
export interface Clock {
  /** The emulator's time, which the admin endpoint can advance. Read once for each request. */
  now(): Promise<Date>
  /** The machine's time, for clients' signatures: the clocks of clients were not advanced. */
  wall(): Date
  /** Advances the emulator's time, for all processes on the same store. */
  advance(seconds: number): Promise<Date>
}

/**
 * The installation's setting that holds by how many milliseconds the emulator's time is ahead. Every request reads it.
 */
export const CLOCK_OFFSET = 'clock-offset'
