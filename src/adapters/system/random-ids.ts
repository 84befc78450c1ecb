import { randomUUID } from 'node:crypto'
import type { Ids } from '../../registry/ports/ids.js'

/** Version 4 UUIDs from the system's random source. */
export const randomIds: Ids = { uuid: () => randomUUID() }

/** A fraction in [0, 1): jitter for retries, so that clients do not retry all at once. */
export const randomFraction = (): number => Math.random()
