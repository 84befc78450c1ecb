import { keyOf } from '../../registry/ports/store.js'
import type { Running } from './sweep-run.js'
import { eachRecord } from '../record-walk.js'

/** Bytes of a manifest whose image an earlier version may have recorded at length. */
const LARGE = 32 * 1024

/**
 * Writes records that an earlier version made as large as their manifests anew: they are read as they should be anyway,
 * but pages that hold them are short, and each takes the time of reading all of it. Writing what is there already is no
 * write.
 */
export async function boundRecords({ store, goOn }: Running): Promise<void> {
  for (const registry of await store.registries()) {
    for await (const { repository, digest, manifestSize } of eachRecord(store.images, registry)) {
      goOn()
      if (manifestSize > LARGE) await store.images.update(registry, keyOf(repository, digest), (image) => image)
    }
  }
}
