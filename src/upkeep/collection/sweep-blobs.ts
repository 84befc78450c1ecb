import type { StoredBlob } from '../../registry/ports/blob-store.js'
import { listAll } from '../../registry/list-records.js'
import { keyOf, type Store, type Touch } from '../../registry/ports/store.js'
import { installation } from '../../registry/registry.js'
import { slicesOf } from '../../coordination/event-loop.js'
import { counted, isYoung, type Running } from './sweep-run.js'
import { digestsNeeded, eachRecord, inGroups, shortOf, unhurried } from '../record-walk.js'

/** Blobs looked after in one round: all of them are held in memory. */
const AT_MOST = 100_000

/** Blobs removed between two pauses: the sweep's lease, too, is kept in them. */
const REMOVED_BETWEEN_PAUSES = 20

/** Touches marked in one write. */
const TOGETHER = 500

/**
 * Removes the bytes no record needs and nobody relies on. A candidate's touch is marked; then all records are looked at
 * again; then, if the mark is still there, it says that the bytes are going until they have gone. Whoever has written a
 * record before the mark is seen by the second look, whoever touches later takes the mark off or waits.
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
  for await (const slice of slicesOf([...marked], REMOVED_BETWEEN_PAUSES))
    for (const [digest, { size, mark }] of slice) {
      sweep.goOn()
      if (await removeBlob(digest, mark, sweep)) counted(sweep, 'blob', 1, size)
    }
}

/** Forgets touches that keep nothing any more. */
export async function sweepTouches(sweep: Running): Promise<void> {
  const { store, now } = sweep
  for await (const group of inGroups(oldTouches(sweep), TOGETHER)) {
    sweep.goOn()
    await store.transact(installation, async ({ touches }) => {
      const found = await Promise.all(group.map(({ digest }) => touches.get(installation, digest)))
      const old = found.filter((touch) => touch !== undefined && !isYoung(touch, now, sweep))
      await Promise.all(old.map((touch) => touches.remove(installation, touch?.digest ?? '')))
    })
  }
}

async function* oldTouches({ store, now, graceSeconds }: Running): AsyncGenerator<Touch, void> {
  for await (const touch of eachRecord(store.touches, installation))
    if (!isYoung(touch, now, { graceSeconds })) yield touch
}

interface Marked {
  readonly size: number
  readonly mark: Touch
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
    if (!kept.has(shortOf(blob.digest)) && !(await sweep.isTouched(blob.digest))) yield blob
  }
}

/** The marks, of those that nobody has touched meanwhile. */
function mark(group: StoredBlob[], sweep: Running): Promise<Map<string, Touch>> {
  return sweep.store.transact(installation, async ({ touches }) => {
    const marks = new Map<string, Touch>()
    const found = await Promise.all(group.map(({ digest }) => touches.get(installation, digest)))
    for (const [index, { digest }] of group.entries()) {
      const touch = found[index]
      if (touch && isYoung(touch, sweep.now, sweep)) continue
      const marked: Touch = { digest, at: touch?.at ?? 0, isMarked: true }
      await touches.put(installation, digest, marked)
      marks.set(digest, marked)
    }
    return marks
  })
}

/** False where somebody relies on the bytes after all. */
async function removeBlob(digest: string, mark: Touch, { store, blobs }: Running): Promise<boolean> {
  const going: Touch = { digest, at: mark.at, isGoing: true }
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

/** Changes a touch that is as it was seen. */
const replace = (store: Store, seen: Touch, next: Touch | undefined): Promise<boolean> =>
  store.transact(installation, async ({ touches }) => {
    const { digest } = seen
    if (JSON.stringify(await touches.get(installation, digest)) !== JSON.stringify(seen)) return false
    if (next) await touches.put(installation, digest, next)
    else await touches.remove(installation, digest)
    return true
  })
