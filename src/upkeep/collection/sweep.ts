import { imageContents } from '../../registry/images/image-contents.js'
import { imageNoteName } from '../../registry/images/image-notes.js'
import type { Lease } from '../../registry/ports/lease.js'
import { noReserve } from '../../registry/ports/reserve.js'
import { pairingMismatch } from '../installation-label.js'
import { shrinkOldRecords } from './bound-records.js'
import {
  startRun,
  SweepInterrupted,
  emptyReport,
  type SweepRun,
  type SweepDeps,
  type SweepReport,
} from './sweep-run.js'
import { sweepBlobs, removeExpiredPins } from './sweep-blobs.js'
import { sweepLayers } from './sweep-layers.js'
import { sweepImageNotes } from './sweep-notes.js'
import { sweepUnfinished } from './sweep-unfinished.js'
import { eachRecord, compactDigest, compactName } from '../record-walk.js'

/** How a sweep is run. */
export interface SweepOptions {
  /** Waits for a sweep of another process to end; unless set, there is nothing to do then. */
  readonly waits?: boolean
  /** Asked now and then: the process is to stop. */
  readonly isStopped?: () => boolean
}

/**
 * Removes what nobody needs: records first, bytes second, after a grace period. Whatever may be needed by somebody who is
 * at work right now stays (`Touches`, `Leases`). One sweep at a time over all processes; undefined where another one is
 * under way. Throws Interrupted where it was stopped, or taken for dead.
 */
export function sweep(deps: SweepDeps, options: SweepOptions = {}): Promise<SweepReport | undefined> {
  return (deps.reserve ?? noReserve).during(() => sweepUnderLease(deps, options))
}

async function sweepUnderLease(deps: SweepDeps, options: SweepOptions): Promise<SweepReport | undefined> {
  const lease = options.waits ? await deps.leases.acquire('sweep') : await deps.leases.tryAcquire('sweep')
  if (!lease) return undefined
  try {
    const refused = await pairingMismatch(deps)
    if (refused !== undefined) return { ...emptyReport(), refusal: refused }
    const running = await startRun(deps, requireGoingOn(lease, options))
    await runSteps(running)
    return running.report
  } finally {
    await lease.release()
  }
}

async function runSteps(running: SweepRun): Promise<void> {
  await shrinkOldRecords(running)
  await sweepUnfinished(running)
  await sweepLayers(running)
  const { needed, images } = await collectRequired(running)
  await sweepImageNotes(running, images, needed)
  await sweepBlobs(running, needed)
  await removeExpiredPins(running)
  await running.leases.reap()
}

/** What the records need, and which images there are: both sets may be of millions. */
async function collectRequired({ store, blobs, checkpoint: goOn }: SweepRun) {
  const [needed, images] = [new Set<string>(), new Set<string>()]
  for (const registry of await store.registries()) {
    for await (const image of eachRecord(store.images, registry)) {
      goOn()
      const { repository, digest } = image
      images.add(compactName(imageNoteName({ registry, repository, digest })))
      needed.add(compactDigest(digest))
      const contents = await imageContents(image, blobs)
      for (const blob of contents?.blobs ?? []) needed.add(compactDigest(blob.digest))
    }
    for await (const { digest } of eachRecord(store.layers, registry)) needed.add(compactDigest(digest))
  }
  return { needed, images }
}

const requireGoingOn =
  (lease: Lease, { isStopped }: SweepOptions) =>
  (): void => {
    if (lease.isLost) throw new SweepInterrupted('Another process took this sweep for dead and sweeps itself')
    if (isStopped?.()) throw new SweepInterrupted('The process is to stop')
  }
