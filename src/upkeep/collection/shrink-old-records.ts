import { keyOf } from '../../registry/ports/store.js'
import type { SweepRun } from './sweep-run.js'
import { eachRecord } from '../record-walk.js'

/** Manifests of more bytes than this may have an oversized image record from an earlier version. */
const LARGE_MANIFEST_BYTES = 32 * 1024

/**
 * Rewrites image records that an earlier version made as large as their manifests. Reading already shortens them, but
 * each read still costs the time for the whole record, and pages that contain them hold few records. An update that
 * changes nothing writes nothing.
 */
export async function shrinkOldRecords({ store, checkpoint }: SweepRun): Promise<void> {
  for (const registry of await store.registries()) {
    for await (const { repository, digest, manifestSize } of eachRecord(store.images, registry)) {
      checkpoint()
      if (manifestSize > LARGE_MANIFEST_BYTES)
        await store.images.update(registry, keyOf(repository, digest), (image) => image)
    }
  }
}
