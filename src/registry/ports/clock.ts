/** The only source of the current time. */
export interface Clock {
  /** The emulator's time, which the admin endpoint can advance; read once per request. */
  now(): Promise<Date>
  /** The machine's own time: judges clients' signatures, whose clocks did not move. */
  wall(): Date
  /** Moves the emulator's time forward, for every process that shares the store. */
  advance(seconds: number): Promise<Date>
}

/** The installation's setting that says by how many milliseconds the emulator's time was moved; every request reads it. */
export const CLOCK_OFFSET = 'clock-offset'
