import type { BlobStore } from '../../registry/ports/blob-store.js'
import type { Clock } from '../../registry/ports/clock.js'
import type { Leases } from '../../registry/ports/lease.js'
import type { Log } from '../../registry/ports/log.js'
import type { Metrics } from '../../registry/ports/metrics.js'
import type { Reserve } from '../../registry/ports/reserve.js'
import type { Store, Pin } from '../../registry/ports/store.js'
import { installation } from '../../registry/registry.js'

/** What a sweep needs. */
export interface SweepDeps {
  readonly store: Store
  readonly blobs: BlobStore
  readonly leases: Leases
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  /** What a full disk has left for the sweep. */
  readonly reserve?: Reserve
  /** How long what nobody needs any more is left alone, by the emulator's clock. */
  readonly graceSeconds: number
}

/** What went, by kind. */
export interface Swept {
  readonly layer: Tally
  readonly blob: Tally
  readonly upload: Tally
  readonly temporary: Tally
  /** Images that are named beside the blobs and not in the store: what they need was kept. */
  readonly lostImages: number
  /** Why nothing was removed. */
  readonly refused?: string
}

interface Tally {
  readonly count: number
  readonly bytes: number
}

/** A sweep under way. */
export interface Running extends SweepDeps {
  /** Epoch milliseconds by the emulator's clock, read once: what is pinned after it is young. */
  readonly now: number
  /** Throws Interrupted once this process is to stop, or is not the one that sweeps any more. */
  readonly goOn: () => void
  /** Whether somebody relied on a digest within the grace period. */
  readonly isPinned: (digest: string) => Promise<boolean>
  readonly swept: { -readonly [K in keyof Swept]: Swept[K] }
}

/** The sweep ended early; what it left is there for the next one. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
}

/** Nothing went so far. */
export const nothingSwept = (): Running['swept'] => ({
  ...{ layer: { count: 0, bytes: 0 }, blob: { count: 0, bytes: 0 }, upload: { count: 0, bytes: 0 } },
  ...{ temporary: { count: 0, bytes: 0 }, lostImages: 0 },
})

/** Begins to count from the emulator's present time. */
export async function begin(deps: SweepDeps, goOn: () => void): Promise<Running> {
  const now = (await deps.clock.now()).getTime()
  const isPinned = async (digest: string) => {
    const pin = await deps.store.pins.get(installation, digest)
    return pin !== undefined && isYoung(pin, now, deps)
  }
  return { ...deps, now, goOn, isPinned, swept: nothingSwept() }
}

/** A sweep's own marks are nobody's wish to keep anything: one that died over it left them. */
export const isYoung = (
  { at, isMarked, isGoing }: Pin,
  now: number,
  { graceSeconds }: Pick<SweepDeps, 'graceSeconds'>,
) => !isMarked && !isGoing && now - at < graceSeconds * 1000

/** Tells that some went. */
export function counted(
  { swept, metrics }: Running,
  kind: 'layer' | 'blob' | 'upload' | 'temporary',
  count: number,
  bytes: number,
) {
  if (count === 0) return
  swept[kind] = { count: swept[kind].count + count, bytes: swept[kind].bytes + bytes }
  metrics.swept(kind, count)
}
