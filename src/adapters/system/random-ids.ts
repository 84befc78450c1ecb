import { randomUUID } from 'node:crypto'
import type { Ids } from '../../registry/ports/ids.js'

/**
 * Version 4 UUIDs from the system's random source. They are copied, because V8 holds what `randomUUID` returns as a
 * tree of 20 pieces: 480 bytes instead of 60 for each request in the decision log, and each piece one more object for
 * the garbage collector.
 */
export const randomIds: Ids = { uuid: () => Buffer.from(randomUUID(), 'latin1').toString('latin1') }

/** A fraction in [0, 1): jitter for retries, so that clients do not retry all at once. */
export const randomFraction = (): number => Math.random()
