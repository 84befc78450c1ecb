import type { Blobs, Inventory, WithNotes } from '../../registry/ports/blob-store.js'
import type { Clock } from '../../registry/ports/clock.js'
import type { Leases } from '../../registry/ports/lease.js'
import type { Log } from '../../registry/ports/log.js'
import type { Metrics } from '../../registry/ports/metrics.js'
import type { ReportStep } from '../../registry/ports/progress.js'
import type { Reserve } from '../../registry/ports/reserve.js'
import type { Store } from '../../registry/ports/store.js'
import type { Pin } from '../../registry/ports/pins.js'
import { installation } from '../../registry/registry.js'

/** The dependencies of a sweep. */
export interface SweepDeps {
  readonly store: Store
  readonly blobs: Blobs & Inventory & WithNotes
  readonly leases: Leases
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  /** Disk space set aside so that a sweep can run on a full disk. */
  readonly reserve?: Reserve
  /** How long garbage is retained, by the emulator's clock. */
  readonly graceSeconds: number
  /** Called at each step and in every loop; absent if the sweep is in the background. */
  readonly reportStep?: ReportStep
}

/** The kinds of garbage that a sweep can remove. */
type GarbageKind = 'layer' | 'blob' | 'upload' | 'temporary'

/** A tally for each kind of garbage that a sweep removed. */
export interface SweepReport extends Readonly<Record<GarbageKind, Tally>> {
  /** Images that have a note beside the blobs but no record in the store. The bytes they need were retained. */
  readonly lostImages: number
  /** Why nothing was removed. */
  readonly refusal?: string
}

interface Tally {
  readonly count: number
  readonly bytes: number
}

/** A sweep in progress: its dependencies, and what its steps share. */
export interface SweepRun extends SweepDeps {
  /** When the sweep began, in epoch milliseconds by the emulator's clock. A pin set later is always within grace. */
  readonly now: number
  /**
   * Throws SweepInterrupted if the process is shutting down or has lost the lease of the sweep. Called in every loop.
   */
  readonly checkpoint: () => void
  /** Whether a digest was pinned within the grace period. */
  readonly isPinned: (digest: string) => Promise<boolean>
  readonly report: { -readonly [K in keyof SweepReport]: SweepReport[K] }
}

/** The sweep ended early. The next one removes the rest. */
export class SweepInterrupted extends Error {
  override readonly name = 'SweepInterrupted'
}

/** A report of nothing removed. */
export const emptyReport = (): SweepRun['report'] => ({
  layer: { count: 0, bytes: 0 },
  blob: { count: 0, bytes: 0 },
  upload: { count: 0, bytes: 0 },
  temporary: { count: 0, bytes: 0 },
  lostImages: 0,
})

/** Starts a run at the emulator's present time. */
export async function startRun(deps: SweepDeps, checkpoint: () => void): Promise<SweepRun> {
  const now = (await deps.clock.now()).getTime()
  const isPinned = async (digest: string) => {
    const pin = await deps.store.pins.get(installation, digest)
    return pin !== undefined && isWithinGrace(pin, now, deps)
  }
  return { ...deps, now, checkpoint, isPinned, report: emptyReport() }
}

/**
 * Whether a pin still protects its digest. Marks set by a sweep do not: a sweep that crashed may have left some behind.
 */
export const isWithinGrace = (
  { at, isMarked, isGoing }: Pin,
  now: number,
  { graceSeconds }: Pick<SweepDeps, 'graceSeconds'>,
) => !isMarked && !isGoing && now - at < graceSeconds * 1000

/** Adds what a step removed to the report and to the metrics. */
export function countRemoved({ report, metrics }: SweepRun, kind: GarbageKind, count: number, bytes: number) {
  if (count === 0) return
  report[kind] = { count: report[kind].count + count, bytes: report[kind].bytes + bytes }
  metrics.swept(kind, count)
}
