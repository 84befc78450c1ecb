import type { StoredBlob } from '../../registry/ports/blob-store.js'
import { listAll } from '../../registry/list-records.js'
import { keyOf, type Store, type Pin } from '../../registry/ports/store.js'
import { installation } from '../../registry/registry.js'
import { batchesOf } from '../../coordination/event-loop.js'
import { counted, isYoung, type Running } from './sweep-run.js'
import { digestsNeeded, eachRecord, inGroups, shortOf, unhurried } from '../record-walk.js'

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
export async function sweepBlobs(sweep: Running, kept: ReadonlySet<string>): Promise<void> {
  const marked = await markCandidates(sweep, kept)
  if (marked.size === 0) return
  for await (const digest of digestsNeeded(sweep)) {
    sweep.goOn()
    const needed = marked.get(digest)
    if (!needed) continue
    marked.delete(digest)
    await replace(sweep.store, needed.mark, undefined)
  }
  for await (const slice of batchesOf([...marked], REMOVED_BETWEEN_PAUSES))
    for (const [digest, { size, mark }] of slice) {
      sweep.goOn()
      if (await removeBlob(digest, mark, sweep)) counted(sweep, 'blob', 1, size)
    }
}

/** Forgets pins that keep nothing any more. */
export async function sweepTouches(sweep: Running): Promise<void> {
  const { store, now } = sweep
  for await (const group of inGroups(expiredPins(sweep), TOGETHER)) {
    sweep.goOn()
    await store.transact(installation, async ({ pins }) => {
      const found = await Promise.all(group.map(({ digest }) => pins.get(installation, digest)))
      const old = found.filter((pin) => pin !== undefined && !isYoung(pin, now, sweep))
      await Promise.all(old.map((pin) => pins.remove(installation, pin?.digest ?? '')))
    })
  }
}

async function* expiredPins({ store, now, graceSeconds }: Running): AsyncGenerator<Pin, void> {
  for await (const pin of eachRecord(store.pins, installation)) if (!isYoung(pin, now, { graceSeconds })) yield pin
}

interface Marked {
  readonly size: number
  readonly mark: Pin
}

async function markCandidates(sweep: Running, kept: ReadonlySet<string>): Promise<Map<string, Marked>> {
  const marked = new Map<string, Marked>()
  for await (const group of inGroups(candidates(sweep, kept), TOGETHER)) {
    sweep.goOn()
    const marks = await mark(group, sweep)
    for (const { digest, size } of group) {
      const found = marks.get(digest)
      if (found) marked.set(digest, { size, mark: found })
    }
    if (marked.size >= AT_MOST) break
  }
  return marked
}

async function* candidates(sweep: Running, kept: ReadonlySet<string>): AsyncGenerator<StoredBlob, void> {
  for await (const blob of unhurried(sweep.blobs.list())) {
    if (!kept.has(shortOf(blob.digest)) && !(await sweep.isPinned(blob.digest))) yield blob
  }
}

/** The marks, of those that nobody has pinned meanwhile. */
function mark(group: StoredBlob[], sweep: Running): Promise<Map<string, Pin>> {
  return sweep.store.transact(installation, async ({ pins }) => {
    const marks = new Map<string, Pin>()
    const found = await Promise.all(group.map(({ digest }) => pins.get(installation, digest)))
    for (const [index, { digest }] of group.entries()) {
      const pin = found[index]
      if (pin && isYoung(pin, sweep.now, sweep)) continue
      const marked: Pin = { digest, at: pin?.at ?? 0, isMarked: true }
      await pins.put(installation, digest, marked)
      marks.set(digest, marked)
    }
    return marks
  })
}

/** False where somebody relies on the bytes after all. */
async function removeBlob(digest: string, mark: Pin, { store, blobs }: Running): Promise<boolean> {
  const going: Pin = { digest, at: mark.at, isGoing: true }
  if (!(await replace(store, mark, going))) return false
  let isGone = false
  // Who waited too long took the bytes for kept: they are put back.
  await blobs.remove(digest, async () => (isGone = await replace(store, going, undefined)))
  if (isGone) await forgetOrigins(digest, store)
  return isGone
}

/** Whence bytes came is of no use without them. */
async function forgetOrigins(digest: string, { origins }: Store): Promise<void> {
  for (const { upstreamRegistryUrl } of await listAll(origins, installation, keyOf(digest, '')))
    await origins.remove(installation, keyOf(digest, upstreamRegistryUrl))
}

/** Changes a pin that is as it was seen. */
const replace = (store: Store, seen: Pin, next: Pin | undefined): Promise<boolean> =>
  store.transact(installation, async ({ pins }) => {
    const { digest } = seen
    if (JSON.stringify(await pins.get(installation, digest)) !== JSON.stringify(seen)) return false
    if (next) await pins.put(installation, digest, next)
    else await pins.remove(installation, digest)
    return true
  })
