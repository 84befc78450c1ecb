import type { Leftover } from '../../registry/ports/blob-store.js'
import type { Registry } from '../../registry/registry.js'
import { uploadLease } from '../../registry/layers/upload-lease.js'
import type { Upload } from '../../registry/layers/upload.js'
import { countRemoved, type SweepRun } from './sweep-run.js'
import { eachRecord, withPauses } from '../record-walk.js'

/**
 * Removes uploads that received nothing for the grace period, and temporary bytes whose writers are gone. The bytes are
 * listed before the records: an upload's record exists before its first byte, so bytes without a record are abandoned.
 */
export async function sweepUploads(run: SweepRun): Promise<void> {
  const leftovers: Leftover[] = []
  for await (const leftover of withPauses(run.blobs.leftovers())) leftovers.push(leftover)
  const { active, abandoned } = await sweepUploadRecords(run)
  for (const leftover of leftovers) {
    run.checkpoint()
    if (leftover.kind === 'temporary') await discardTemporary(leftover, run)
    else if (!active.has(leftover.name)) await discardUpload(leftover, abandoned.has(leftover.name), run)
  }
  const bytes = [...abandoned.values()].reduce((sum, size) => sum + size, 0)
  countRemoved(run, 'upload', abandoned.size, bytes)
}

/**
 * Removes the records of abandoned uploads. Returns the ids of the others, and the sizes of the abandoned ones by id.
 */
async function sweepUploadRecords(run: SweepRun) {
  const active = new Set<string>()
  const abandoned = new Map<string, number>()
  for (const registry of await run.store.registries()) {
    for await (const upload of eachRecord(run.store.uploads, registry)) {
      run.checkpoint()
      const { id, size, touchedAt = upload.startedAt } = upload
      const isExpired = run.now - touchedAt >= run.graceSeconds * 1000
      if (isExpired && (await removeRecord(registry, upload, run))) abandoned.set(id, size)
      else active.add(id)
    }
  }
  return { active, abandoned }
}

/**
 * Returns whether the record was removed: it is kept if a process is writing to the upload or the record has changed
 * since.
 */
const removeRecord = (registry: Registry, upload: Upload, { store, leases }: SweepRun): Promise<boolean> =>
  unlessInUse(upload.id, leases, () =>
    store.transact(registry, async ({ uploads }) => {
      if (JSON.stringify(await uploads.get(registry, upload.id)) !== JSON.stringify(upload)) return false
      await uploads.remove(registry, upload.id)
      return true
    }),
  )

/**
 * Discards the bytes of an upload that has no record. If this sweep did not remove the record itself, a client may
 * still be sending (its repository was deleted, say), so the bytes are left alone for the grace period.
 */
async function discardUpload(leftover: Leftover, isAbandoned: boolean, run: SweepRun): Promise<void> {
  const isExpired = run.now - leftover.modifiedAt >= run.graceSeconds * 1000
  if (leftover.mayBeInUse || !(isAbandoned || isExpired)) return
  const discard = () => run.blobs.discard(leftover).then(() => true)
  if ((await unlessInUse(leftover.name, run.leases, discard)) && !isAbandoned) countRemoved(run, 'upload', 1, 0)
}

/** A writer that is gone never returns to its temporary bytes, so there is no grace period. */
async function discardTemporary(leftover: Leftover, run: SweepRun): Promise<void> {
  if (leftover.mayBeInUse) return
  await run.blobs.discard(leftover)
  countRemoved(run, 'temporary', 1, 0)
}

/** Runs the work with the lease of an upload. Returns false if a process that writes to the upload holds it. */
async function unlessInUse(id: string, leases: SweepRun['leases'], work: () => Promise<boolean>): Promise<boolean> {
  const lease = await leases.tryAcquire(uploadLease(id))
  if (!lease) return false
  try {
    return await work()
  } finally {
    await lease.release()
  }
}
