import type { StoredBlob } from '../../registry/ports/blob-store.js'
import { listAll } from '../../registry/list-records.js'
import { keyOf, type Store, type Pin } from '../../registry/ports/store.js'
import { installation } from '../../registry/registry.js'
import { batchesOf } from '../../coordination/event-loop.js'
import { countRemoved, isWithinGrace, type SweepRun } from './sweep-run.js'
import { requiredDigests, eachRecord, inBatches, compactDigest, withPauses } from '../record-walk.js'

/** Blobs looked after in one round: all of them are held in memory. */
const AT_MOST = 100_000

/** Blobs removed between two pauses: the sweep's lease, too, is kept in them. */
const REMOVED_BETWEEN_PAUSES = 20

/** Touches marked in one write. */
const TOGETHER = 500

/**
 * Removes the bytes no record needs and nobody relies on. A candidate's pin is marked; then all records are looked at
 * again; then, if the mark is still there, it says that the bytes are going until they have gone. Whoever has written a
 * record before the mark is seen by the second look, whoever pins later takes the mark off or waits.
 * `kept` are digests that are needed for reasons the records do not tell.
 */
export async function sweepBlobs(sweep: SweepRun, kept: ReadonlySet<string>): Promise<void> {
  const marked = await markCandidates(sweep, kept)
  if (marked.size === 0) return
  for await (const digest of requiredDigests(sweep)) {
    sweep.checkpoint()
    const needed = marked.get(digest)
    if (!needed) continue
    marked.delete(digest)
    await replacePin(sweep.store, needed.mark, undefined)
  }
  for await (const slice of batchesOf([...marked], REMOVED_BETWEEN_PAUSES))
    for (const [digest, { size, mark: markBatch }] of slice) {
      sweep.checkpoint()
      if (await removeBlob(digest, markBatch, sweep)) countRemoved(sweep, 'blob', 1, size)
    }
}

/** Forgets pins that keep nothing any more. */
export async function removeExpiredPins(sweep: SweepRun): Promise<void> {
  const { store, now } = sweep
  for await (const group of inBatches(expiredPins(sweep), TOGETHER)) {
    sweep.checkpoint()
    await store.transact(installation, async ({ pins }) => {
      const found = await Promise.all(group.map(({ digest }) => pins.get(installation, digest)))
      const old = found.filter((pin) => pin !== undefined && !isWithinGrace(pin, now, sweep))
      await Promise.all(old.map((pin) => pins.remove(installation, pin?.digest ?? '')))
    })
  }
}

async function* expiredPins({ store, now, graceSeconds }: SweepRun): AsyncGenerator<Pin, void> {
  for await (const pin of eachRecord(store.pins, installation))
    if (!isWithinGrace(pin, now, { graceSeconds })) yield pin
}

interface MarkedBlob {
  readonly size: number
  readonly mark: Pin
}

async function markCandidates(sweep: SweepRun, kept: ReadonlySet<string>): Promise<Map<string, MarkedBlob>> {
  const marked = new Map<string, MarkedBlob>()
  for await (const group of inBatches(candidates(sweep, kept), TOGETHER)) {
    sweep.checkpoint()
    const marks = await mark(group, sweep)
    for (const { digest, size } of group) {
      const found = marks.get(digest)
      if (found) marked.set(digest, { size, mark: found })
    }
    if (marked.size >= AT_MOST) break
  }
  return marked
}

async function* candidates(sweep: SweepRun, kept: ReadonlySet<string>): AsyncGenerator<StoredBlob, void> {
  for await (const blob of withPauses(sweep.blobs.list())) {
    if (!kept.has(compactDigest(blob.digest)) && !(await sweep.isPinned(blob.digest))) yield blob
  }
}

/** The marks, of those that nobody has pinned meanwhile. */
function mark(group: StoredBlob[], sweep: SweepRun): Promise<Map<string, Pin>> {
  return sweep.store.transact(installation, async ({ pins }) => {
    const marks = new Map<string, Pin>()
    const found = await Promise.all(group.map(({ digest }) => pins.get(installation, digest)))
    for (const [index, { digest }] of group.entries()) {
      const pin = found[index]
      if (pin && isWithinGrace(pin, sweep.now, sweep)) continue
      const marked: Pin = { digest, at: pin?.at ?? 0, isMarked: true }
      await pins.put(installation, digest, marked)
      marks.set(digest, marked)
    }
    return marks
  })
}

/** False where somebody relies on the bytes after all. */
async function removeBlob(digest: string, mark: Pin, { store, blobs }: SweepRun): Promise<boolean> {
  const going: Pin = { digest, at: mark.at, isGoing: true }
  if (!(await replacePin(store, mark, going))) return false
  let isGone = false
  // Who waited too long took the bytes for kept: they are put back.
  await blobs.remove(digest, async () => (isGone = await replacePin(store, going, undefined)))
  if (isGone) await removeOrigins(digest, store)
  return isGone
}

/** Whence bytes came is of no use without them. */
async function removeOrigins(digest: string, { origins }: Store): Promise<void> {
  for (const { upstreamRegistryUrl } of await listAll(origins, installation, keyOf(digest, '')))
    await origins.remove(installation, keyOf(digest, upstreamRegistryUrl))
}

/** Changes a pin that is as it was seen. */
const replacePin = (store: Store, seen: Pin, next: Pin | undefined): Promise<boolean> =>
  store.transact(installation, async ({ pins }) => {
    const { digest } = seen
    if (JSON.stringify(await pins.get(installation, digest)) !== JSON.stringify(seen)) return false
    if (next) await pins.put(installation, digest, next)
    else await pins.remove(installation, digest)
    return true
  })
