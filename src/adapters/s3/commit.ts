import type { Ids } from '../../registry/ports/ids.js'
import type { Bucket } from './bucket.js'
import { headOf } from './object-reads.js'
import { type Source, storeNew, storeOver } from './writing.js'

/**
 * Stores verified bytes under the key of their digest. An existing object is left alone, and a large one is not even sent again; an
 * object of another length cannot be this blob and is replaced.
 */
export async function commitBlob(bucket: Bucket, key: string, source: Source, ids: Ids): Promise<void> {
  const isThere = async () => (await headOf(bucket, key))?.ContentLength === source.size
  if (source.size > bucket.tuning.partBytes && (await isThere())) return
  const { size } = await storeNew(bucket, key, source, ids.uuid())
  if (size !== source.size) await storeOver(bucket, key, source, ids.uuid())
}
