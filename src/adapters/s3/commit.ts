import type { Ids } from '../../registry/ports/ids.js'
import type { Bucket } from './bucket.js'
import { headOf } from './object-reads.js'
import { type Source, storeNew, storeOver } from './writing.js'

/**
 * Stores verified bytes under the key of their digest. An existing blob is not replaced, and not sent again if that
 * would take more than one request; an existing object of another length cannot be that blob and is replaced.
 */
export async function commitBlob(bucket: Bucket, key: string, source: Source, ids: Ids): Promise<void> {
  const exists = async () => (await headOf(bucket, key))?.ContentLength === source.size
  if (source.size > bucket.tuning.partBytes && (await exists())) return
  const { size } = await storeNew(bucket, key, source, ids.uuid())
  if (size !== source.size) await storeOver(bucket, key, source, ids.uuid())
}
