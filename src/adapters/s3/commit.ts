import type { Ids } from '../../registry/ports/ids.js'
import type { Bucket } from './bucket.js'
import { headOf } from './object-reads.js'
import { type Source, storeNew, storeOver } from './writing.js'

/**
 * Keeps verified bytes under the key of their digest. One that is there already is left alone, and not sent again where that
 * takes more than one request; an object of another length is no such blob, whoever made it, and gives way.
 */
export async function commitBlob(bucket: Bucket, key: string, source: Source, ids: Ids): Promise<void> {
  const isThere = async () => (await headOf(bucket, key))?.ContentLength === source.size
  if (source.size > bucket.tuning.partBytes && (await isThere())) return
  const { size } = await storeNew(bucket, key, source, ids.uuid())
  if (size !== source.size) await storeOver(bucket, key, source, ids.uuid())
}
