import { randomUUID } from 'node:crypto'
import type { Ids } from '../../registry/ports/ids.js'

/** Version 4 UUIDs from the system's own randomness. */
export const randomIds: Ids = { uuid: () => randomUUID() }
