import { imageContents } from '../../registry/images/image-contents.js'
import { imageNoteName } from '../../registry/images/image-notes.js'
import type { Lease } from '../../registry/ports/lease.js'
import { noReserve } from '../../registry/ports/reserve.js'
import { pairingMismatch } from '../installation-label.js'
import { shrinkOldRecords } from './shrink-old-records.js'
import {
  emptyReport,
  startRun,
  type SweepDeps,
  SweepInterrupted,
  type SweepReport,
  type SweepRun,
} from './sweep-run.js'
import { removeExpiredPins, sweepBlobs } from './sweep-blobs.js'
import { sweepLayers } from './sweep-layers.js'
import { sweepImageNotes } from './sweep-image-notes.js'
import { sweepPrincipals } from './sweep-principals.js'
import { sweepUploads } from './sweep-uploads.js'
import { eachRecord, compactDigest, compactName } from '../record-walk.js'

/*
 * A sweep:
 *
 *   waiting ── lease `sweep` ──► checking ── store and blobs are paired ──► sweeping ── all steps done ──► reported
 *                                   │                                          │
 *                                   │ they are not                             │ shutdown, or lease lost
 *                                   ▼                                          ▼
 *                                refused: nothing is removed                interrupted: the next sweep goes on
 *
 * Layers and blobs are removed in two phases, so that no clock decides over an acknowledged write:
 *
 *   candidate ── mark ──► marked ── records and pins are read again ──► unchanged mark ──► removed
 *                           │
 *                           └── required, or pinned meanwhile ──► retained, without the mark
 *
 * The pin of a digest (a `Pin` record; fields in parentheses):
 *
 *               pin()             grace period passes           end of a sweep
 *   none ────────────────► pinned ───────────────────► expired ────────────────► none
 *     │                      ▲                           │
 *     │ sweep marks          │ pin()                     │ sweep marks
 *     ▼                      │                           │
 *   marked (isMarked) ◄──────┼───────────────────────────┘
 *     ├──────────────────────┘
 *     ├── a record needs the bytes ──► none
 *     └── no record does ──► being removed (isGoing) ── bytes removed ──► none
 *                              └── pin() waits; after a minute it pins, and the bytes are put back
 */

/** How a sweep is run. */
export interface SweepOptions {
  /** Whether to wait for another process's sweep to end. Otherwise there is no sweep while another one runs. */
  readonly waits?: boolean
  /** Whether the process is shutting down. Called at every checkpoint. */
  readonly isStopped?: () => boolean
}

/**
 * Garbage collection: removes what nothing refers to, records first, then bytes. Whatever was relied on within the
 * grace period (`Pins`), or is in use by a process (`Leases`), is retained. Only one process sweeps at a time;
 * undefined if another one does. Throws SweepInterrupted if the process is shutting down or has lost the lease.
 */
export function sweep(deps: SweepDeps, options: SweepOptions = {}): Promise<SweepReport | undefined> {
  return (deps.reserve ?? noReserve).during(() => sweepUnderLease(deps, options))
}

async function sweepUnderLease(deps: SweepDeps, options: SweepOptions): Promise<SweepReport | undefined> {
  const lease = options.waits ? await deps.leases.acquire('sweep') : await deps.leases.tryAcquire('sweep')
  if (!lease) return undefined
  try {
    const refusal = await pairingMismatch(deps)
    if (refusal !== undefined) return { ...emptyReport(), refusal }
    const run = await startRun(deps, () => requireNotInterrupted(lease, options))
    await runSteps(run)
    return run.report
  } finally {
    await lease.release()
  }
}

async function runSteps(run: SweepRun): Promise<void> {
  await shrinkOldRecords(run)
  await sweepUploads(run)
  await sweepLayers(run)
  const { required, imageNotes } = await collectRequired(run)
  await sweepImageNotes(run, imageNotes, required)
  await sweepBlobs(run, required)
  await removeExpiredPins(run)
  await sweepPrincipals(run)
  await run.leases.reap()
}

/**
 * The digests of all bytes that records need, and the names of the notes that images should have. There may be millions
 * of both.
 */
async function collectRequired({ store, blobs, checkpoint }: SweepRun) {
  const required = new Set<string>()
  const imageNotes = new Set<string>()
  for (const registry of await store.registries()) {
    for await (const image of eachRecord(store.images, registry)) {
      checkpoint()
      const { repository, digest } = image
      imageNotes.add(compactName(imageNoteName({ registry, repository, digest })))
      required.add(compactDigest(digest))
      const contents = await imageContents(image, blobs)
      for (const blob of contents?.blobs ?? []) required.add(compactDigest(blob.digest))
    }
    for await (const { digest } of eachRecord(store.layers, registry)) required.add(compactDigest(digest))
  }
  return { required, imageNotes }
}

function requireNotInterrupted(lease: Lease, { isStopped }: SweepOptions): void {
  if (lease.isLost) throw new SweepInterrupted('The lease of the sweep was lost: another process sweeps now')
  if (isStopped?.()) throw new SweepInterrupted('The process is shutting down')
}
