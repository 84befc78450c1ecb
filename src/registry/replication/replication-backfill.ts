import type { ReplicationResult } from './image-replication.js'
import type { ReplicationDestination } from './replication-configuration.js'

/** The statuses of a backfill, as the API names them. The last three are terminal. */
export type BackfillStatus = 'PREPARING' | 'IN_PROGRESS' | 'STOPPING' | TerminalStatus
export type TerminalStatus = 'COMPLETE' | 'FAILED' | 'STOPPED'

/**
 * The record of a replication backfill, which copies what was pushed before replication was configured. It is a plan
 * that any process can go on with.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/replication-backfill.html
 */
export interface Backfill {
  readonly id: string
  readonly destination: ReplicationDestination
  readonly status: BackfillStatus
  readonly failureCode?: string
  /** Epoch milliseconds, like the other times. */
  readonly startedAt: number
  readonly endedAt?: number
  /** How many replications have been planned so far. */
  readonly planned: number
  /** While PREPARING: the key of the last image whose replications are planned. */
  readonly preparedAfter?: string
  /** Absent until all replications are planned. */
  readonly progress?: BackfillProgress
  /** How often all replications have been gone through. What is not complete yet is tried again in the next pass. */
  readonly pass: number
  /** When the present pass begins. */
  readonly passAt: number
  /** The key of the last replication that was tried in the present pass. */
  readonly triedAfter?: string
}

/** The counts of a backfill. Each image and tag combination is one replication. */
export interface BackfillProgress {
  readonly total: number
  readonly completed: number
  readonly failed: number
  /** Distinct and sorted. */
  readonly failureCodes: readonly string[]
}

/** The record of one replication of a backfill: an image and one of its tags, or an untagged image. */
export interface BackfillReplication {
  readonly backfill: string
  readonly repository: string
  readonly digest: string
  readonly tag?: string
  readonly result?: BackfillResult
}

/** The result of one replication. Of an index it also says why images it lists were not copied. */
export type BackfillResult = ReplicationResult & { readonly subImageFailureCodes?: readonly string[] }

/**
 * The record that a backfill needs work: copying, the event about its end, or its removal when it was kept long enough.
 * There is one of `copy` for each destination Region that has an active backfill.
 */
export interface BackfillWork {
  readonly kind: 'copy' | 'event' | 'removal'
  readonly backfill: string
  /** Epoch milliseconds; only of a removal. */
  readonly dueAt?: number
}

/** The last pass in which something may still be incomplete is the fifth. The service does not publish its attempts. */
export const MAX_PASSES = 6
const FIRST_PASS_DELAY = 1000

const KEPT_MS = 90 * 86_400_000

/** A share of failures at which a backfill ends, judged once this many replications have been processed. */
const JUDGED_FROM = 100
const FAILED_SHARE = 0.5

/** The failure code of a backfill with too many failures. The service does not publish it. */
const TOO_MANY_FAILURES = 'TooManyFailures'

/** A backfill that has just been started. */
export const newBackfill = (id: string, destination: ReplicationDestination, now: Date): Backfill => ({
  id,
  destination,
  status: 'PREPARING',
  startedAt: now.getTime(),
  planned: 0,
  pass: 0,
  passAt: now.getTime(),
})

/** The backfill after the replications of some images, up to this key, were planned. */
export const withPlanned = (backfill: Backfill, count: number, preparedAfter: string | undefined): Backfill => ({
  ...backfill,
  planned: backfill.planned + count,
  ...(preparedAfter !== undefined && { preparedAfter }),
})

/** The backfill after all its replications were planned. */
export const withProgress = (backfill: Backfill): Backfill => ({
  ...backfill,
  status: 'IN_PROGRESS',
  progress: { total: backfill.planned, completed: 0, failed: 0, failureCodes: [] },
})

/** The counts after another result. */
export const withBackfillResult = (progress: BackfillProgress, result: BackfillResult): BackfillProgress =>
  result.status === 'COMPLETE'
    ? { ...progress, completed: progress.completed + 1 }
    : {
        ...progress,
        failed: progress.failed + 1,
        failureCodes: [...new Set([...progress.failureCodes, result.failureCode])].sort(),
      }

/** Whether so many replications failed that the backfill ends: half of them, once 100 were processed. */
export const hasTooManyFailures = ({ completed, failed }: BackfillProgress): boolean =>
  completed + failed >= JUDGED_FROM && failed >= (completed + failed) * FAILED_SHARE

/** Whether every replication has a result. */
export const isFinished = ({ total, completed, failed }: BackfillProgress): boolean => completed + failed >= total

/** The backfill at the end of a pass after which some replications are not complete. */
export function nextPass(backfill: Backfill, now: Date): Backfill {
  const next = { ...backfill, pass: backfill.pass + 1, passAt: now.getTime() + FIRST_PASS_DELAY * 4 ** backfill.pass }
  delete next.triedAfter
  return next
}

/** The backfill after its end. */
export const withEnd = (backfill: Backfill, status: TerminalStatus, now: Date): Backfill => ({
  ...backfill,
  status,
  endedAt: now.getTime(),
  ...(status === 'FAILED' && { failureCode: TOO_MANY_FAILURES }),
})

/** Whether a backfill has ended, so that its results can be described. */
export const isTerminal = (status: BackfillStatus): status is TerminalStatus =>
  status === 'COMPLETE' || status === 'FAILED' || status === 'STOPPED'

/** Whether a backfill's work can be done now: copying waits for the present pass to begin. */
export const isWorkDue = ({ status, passAt }: Backfill, { kind, dueAt = 0 }: BackfillWork, now: Date): boolean =>
  now.getTime() >= (kind === 'copy' && status === 'IN_PROGRESS' ? passAt : dueAt)

/** When a backfill that has ended is no longer returned, in epoch milliseconds. */
export const keptUntil = (endedAt: number): number => endedAt + KEPT_MS

/** Whether a backfill is still returned. */
export const isKept = ({ endedAt }: Backfill, now: Date): boolean =>
  endedAt === undefined || now.getTime() < keptUntil(endedAt)
