import type { StoredBlob } from '../../registry/ports/blob-store.js'
import { listAll } from '../../registry/list-records.js'
import { keyOf, type Store } from '../../registry/ports/store.js'
import type { Pin } from '../../registry/ports/pins.js'
import { installation } from '../../registry/registry.js'
import { batchesOf } from '../../coordination/event-loop.js'
import { countRemoved, isWithinGrace, type SweepRun } from './sweep-run.js'
import { requiredDigests, eachRecord, inBatches, compactDigest, withPauses } from '../record-walk.js'

/** The most blobs that one sweep removes: the candidates are held in memory. */
const MAX_CANDIDATES = 100_000

/** Blobs removed between two pauses, in which among other things the lease of the sweep is renewed. */
const REMOVED_BETWEEN_PAUSES = 20

/** Pins written in one transaction. */
const PINS_PER_TRANSACTION = 500

/**
 * Removes the bytes that no record needs and that are not pinned. See the drawing in `sweep.ts` for the states of a
 * pin. Each candidate is marked in its pin; then all records are read again; then a candidate whose mark is unchanged
 * is removed. A record written before the mark is found by the second reading; a client that pins the digest after the
 * mark replaces the mark, or waits until the removal is over. `required` are compact digests that are needed for
 * reasons that the records do not show.
 */
export async function sweepBlobs(run: SweepRun, required: ReadonlySet<string>): Promise<void> {
  const markedBlobs = await markCandidates(run, required)
  if (markedBlobs.size === 0) return
  for await (const digest of requiredDigests(run)) {
    run.checkpoint()
    const blob = markedBlobs.get(digest)
    if (!blob) continue
    markedBlobs.delete(digest)
    await replacePin(run.store, blob.mark, undefined)
  }
  for await (const batch of batchesOf([...markedBlobs], REMOVED_BETWEEN_PAUSES))
    for (const [digest, { size, mark }] of batch) {
      run.checkpoint()
      if (await removeBlob(digest, mark, run)) countRemoved(run, 'blob', 1, size)
    }
}

/** Removes pins that no longer protect anything. */
export async function removeExpiredPins(run: SweepRun): Promise<void> {
  const { store, now } = run
  for await (const batch of inBatches(expiredPins(run), PINS_PER_TRANSACTION)) {
    run.checkpoint()
    await store.transact(installation, async ({ pins }) => {
      const current = await Promise.all(batch.map(async ({ digest }) => pins.get(installation, digest)))
      const expired = current.filter((pin) => pin !== undefined && !isWithinGrace(pin, now, run))
      await Promise.all(expired.map((pin) => pins.remove(installation, pin?.digest ?? '')))
    })
  }
}

async function* expiredPins({ store, now, graceSeconds }: SweepRun): AsyncGenerator<Pin, void> {
  for await (const pin of eachRecord(store.pins, installation))
    if (!isWithinGrace(pin, now, { graceSeconds })) yield pin
}

/** A candidate for removal, with its pin as the sweep marked it. */
interface MarkedBlob {
  readonly size: number
  readonly mark: Pin
}

/** Marks the candidates for removal. Returns them by digest. */
async function markCandidates(run: SweepRun, required: ReadonlySet<string>): Promise<Map<string, MarkedBlob>> {
  const markedBlobs = new Map<string, MarkedBlob>()
  for await (const batch of inBatches(candidates(run, required), PINS_PER_TRANSACTION)) {
    run.checkpoint()
    const marks = await markBatch(batch, run)
    for (const { digest, size } of batch) {
      const mark = marks.get(digest)
      if (mark) markedBlobs.set(digest, { size, mark })
    }
    if (markedBlobs.size >= MAX_CANDIDATES) break
  }
  return markedBlobs
}

async function* candidates(run: SweepRun, required: ReadonlySet<string>): AsyncGenerator<StoredBlob, void> {
  for await (const blob of withPauses(run.blobs.list())) {
    if (!required.has(compactDigest(blob.digest)) && !(await run.isPinned(blob.digest))) yield blob
  }
}

/** Marks blobs in one transaction, except those that have been pinned meanwhile. Returns the marks by digest. */
function markBatch(blobs: StoredBlob[], run: SweepRun): Promise<Map<string, Pin>> {
  return run.store.transact(installation, async ({ pins }) => {
    const marks = new Map<string, Pin>()
    const current = await Promise.all(blobs.map(async ({ digest }) => pins.get(installation, digest)))
    for (const [index, { digest }] of blobs.entries()) {
      const pin = current[index]
      if (pin && isWithinGrace(pin, run.now, run)) continue
      const mark: Pin = { digest, at: pin?.at ?? 0, isMarked: true }
      await pins.put(installation, digest, mark)
      marks.set(digest, mark)
    }
    return marks
  })
}

/** Removes the bytes of a blob. Returns false, keeping them, if its mark was replaced. */
async function removeBlob(digest: string, mark: Pin, { store, blobs }: SweepRun): Promise<boolean> {
  const removal: Pin = { digest, at: mark.at, isGoing: true }
  if (!(await replacePin(store, mark, removal))) return false
  let isRemoved = false
  // A client that waited too long for the removal has pinned the digest and relies on the bytes: they are put back.
  await blobs.remove(digest, async () => (isRemoved = await replacePin(store, removal, undefined)))
  if (isRemoved) await removeOrigins(digest, store)
  return isRemoved
}

/** Removes the records of the upstreams that sent these bytes. */
async function removeOrigins(digest: string, { origins }: Store): Promise<void> {
  for (const { upstreamRegistryUrl } of await listAll(origins, installation, keyOf(digest, '')))
    await origins.remove(installation, keyOf(digest, upstreamRegistryUrl))
}

/** Replaces or removes a pin if it is still as it was read. Returns whether it was. */
const replacePin = (store: Store, pin: Pin, replacement: Pin | undefined): Promise<boolean> =>
  store.transact(installation, async ({ pins }) => {
    const { digest } = pin
    if (JSON.stringify(await pins.get(installation, digest)) !== JSON.stringify(pin)) return false
    if (replacement) await pins.put(installation, digest, replacement)
    else await pins.remove(installation, digest)
    return true
  })
