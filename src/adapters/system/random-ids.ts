import { randomUUID } from 'node:crypto'
import type { Ids } from '../../registry/ports/ids.js'

/** Version 4 UUIDs from the system's own randomness. */
export const randomIds: Ids = { uuid: () => randomUUID() }

/** A fraction from 0 up to 1: spreads retries, so that many clients do not come back at one moment. */
export const randomFraction = (): number => Math.random()
