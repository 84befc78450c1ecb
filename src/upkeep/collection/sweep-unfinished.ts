import type { Leftover } from '../../registry/ports/blob-store.js'
import type { Registry } from '../../registry/registry.js'
import type { Upload } from '../../registry/layers/upload.js'
import { counted, type Running } from './sweep-run.js'
import { eachRecord, unhurried } from '../record-walk.js'

/**
 * Removes uploads nobody went on with for the grace period, and the bytes of writers that are gone. The bytes are listed
 * before the records: an upload's record is there before its first byte.
 */
export async function sweepUnfinished(sweep: Running): Promise<void> {
  const leftovers: Leftover[] = []
  for await (const leftover of unhurried(sweep.blobs.leftovers())) leftovers.push(leftover)
  const { live, abandoned } = await sweepUploadRecords(sweep)
  for (const leftover of leftovers) {
    sweep.goOn()
    if (leftover.kind === 'temporary') await discardTemporary(leftover, sweep)
    else if (!live.has(leftover.name)) await discardUpload(leftover, abandoned.has(leftover.name), sweep)
  }
  const sizes = [...abandoned.values()]
  counted(
    sweep,
    'upload',
    sizes.length,
    sizes.reduce((sum, size) => sum + size, 0),
  )
}

/** The ids that stay, and of those whose records went their sizes. */
async function sweepUploadRecords(sweep: Running) {
  const live = new Set<string>()
  const abandoned = new Map<string, number>()
  for (const registry of await sweep.store.registries()) {
    for await (const upload of eachRecord(sweep.store.uploads, registry)) {
      sweep.goOn()
      const { id, size, touchedAt = upload.startedAt } = upload
      const isOld = sweep.now - touchedAt >= sweep.graceSeconds * 1000
      if (isOld && (await removeRecord(registry, upload, sweep))) abandoned.set(id, size)
      else live.add(id)
    }
  }
  return { live, abandoned }
}

/** True where the record went: nobody is writing to the upload, and nobody has since it was seen. */
const removeRecord = (registry: Registry, upload: Upload, { store, leases }: Running): Promise<boolean> =>
  unlessInUse(upload.id, leases, () =>
    store.transact(registry, async ({ uploads }) => {
      if (JSON.stringify(await uploads.get(registry, upload.id)) !== JSON.stringify(upload)) return false
      await uploads.remove(registry, upload.id)
      return true
    }),
  )

/** Of one whose record went long ago, a repository with it say, the bytes may still be on their way. */
async function discardUpload(leftover: Leftover, isAbandoned: boolean, sweep: Running): Promise<void> {
  const isOld = sweep.now - leftover.touchedAt >= sweep.graceSeconds * 1000
  if (leftover.mayBeInUse || !(isAbandoned || isOld)) return
  const discard = () => sweep.blobs.discard(leftover).then(() => true)
  if ((await unlessInUse(leftover.name, sweep.leases, discard)) && !isAbandoned) counted(sweep, 'upload', 1, 0)
}

/** A writer that is gone comes back for nothing: there is no grace to wait for. */
async function discardTemporary(leftover: Leftover, sweep: Running): Promise<void> {
  if (leftover.mayBeInUse) return
  await sweep.blobs.discard(leftover)
  counted(sweep, 'temporary', 1, 0)
}

/** A plane that writes to an upload holds its lease. */
async function unlessInUse(id: string, leases: Running['leases'], work: () => Promise<boolean>): Promise<boolean> {
  const lease = await leases.tryAcquire(`upload ${id}`)
  if (!lease) return false
  try {
    return await work()
  } finally {
    await lease.release()
  }
}
