import type { ImportInFlight } from '../control-plane/admin/admin-answers.js'
import type { Status } from '../control-plane/admin/status-route.js'

/** An import in flight; without bytes if they are not known. */
export type ImportProgress = Pick<ImportInFlight, 'account' | 'region' | 'repository' | 'digest' | 'tag' | 'failedAt'> &
  Partial<Pick<ImportInFlight, 'receivedBytes' | 'expectedBytes'>>

/** How many imports are in flight, and the first few of them. */
export interface ImportsInFlight {
  readonly count: number
  readonly first: readonly ImportProgress[]
}

/** The imports that the status names. */
export const importsOf = ({ imports }: Pick<Status, 'imports'>): ImportsInFlight => imports ?? { count: 0, first: [] }
