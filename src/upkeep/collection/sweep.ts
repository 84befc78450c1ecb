import { contentsOf } from '../../registry/images/image-contents.js'
import { noteName } from '../../registry/images/image-notes.js'
import type { Lease } from '../../registry/ports/lease.js'
import { noReserve } from '../../registry/ports/reserve.js'
import { strangers } from '../installation-label.js'
import { boundRecords } from './bound-records.js'
import { begin, Interrupted, nothingSwept, type Running, type SweepDeps, type Swept } from './sweep-run.js'
import { sweepBlobs, sweepTouches } from './sweep-blobs.js'
import { sweepLayers } from './sweep-layers.js'
import { sweepNames } from './sweep-notes.js'
import { sweepUnfinished } from './sweep-unfinished.js'
import { eachRecord, shortOf, shortOfName } from '../record-walk.js'

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
export function sweep(deps: SweepDeps, options: SweepOptions = {}): Promise<Swept | undefined> {
  return (deps.reserve ?? noReserve).during(() => sweepUnderLease(deps, options))
}

async function sweepUnderLease(deps: SweepDeps, options: SweepOptions): Promise<Swept | undefined> {
  const lease = options.waits ? await deps.leases.acquire('sweep') : await deps.leases.tryAcquire('sweep')
  if (!lease) return undefined
  try {
    const refused = await strangers(deps)
    if (refused !== undefined) return { ...nothingSwept(), refused }
    const running = await begin(deps, requireGoingOn(lease, options))
    await run(running)
    return running.swept
  } finally {
    await lease.release()
  }
}

async function run(running: Running): Promise<void> {
  await boundRecords(running)
  await sweepUnfinished(running)
  await sweepLayers(running)
  const { needed, images } = await whatIsNeeded(running)
  await sweepNames(running, images, needed)
  await sweepBlobs(running, needed)
  await sweepTouches(running)
  await running.leases.reap()
}

/** What the records need, and which images there are: both sets may be of millions. */
async function whatIsNeeded({ store, blobs, goOn }: Running) {
  const [needed, images] = [new Set<string>(), new Set<string>()]
  for (const registry of await store.registries()) {
    for await (const image of eachRecord(store.images, registry)) {
      goOn()
      const { repository, digest } = image
      images.add(shortOfName(noteName({ registry, repository, digest })))
      needed.add(shortOf(digest))
      const contents = await contentsOf(image, blobs)
      for (const blob of contents?.blobs ?? []) needed.add(shortOf(blob.digest))
    }
    for await (const { digest } of eachRecord(store.layers, registry)) needed.add(shortOf(digest))
  }
  return { needed, images }
}

const requireGoingOn =
  (lease: Lease, { isStopped }: SweepOptions) =>
  (): void => {
    if (lease.isLost) throw new Interrupted('Another process took this sweep for dead and sweeps itself')
    if (isStopped?.()) throw new Interrupted('The process is to stop')
  }
