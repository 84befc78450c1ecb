import { isAllowed } from '../access/authorize.js'
import { accountSetting } from '../registry/account-settings.js'
import { confirmed, isOfRepository, layerWithBytes } from '../registry/layers/layer-with-bytes.js'
import type { Layer } from '../registry/images/image.js'
import { isDigest } from '../registry/images/manifest.js'
import { keyOf } from '../registry/ports/store.js'
import type { Repository } from '../registry/repositories/repository.js'
import { requireRepository } from '../registry/repositories/require-repository.js'
import type { Call, DataPlaneDeps } from './call.js'
import { digestInvalid } from './oci-errors.js'
import { permissionFor } from './permission.js'

/**
 * Makes a layer of another repository one of this repository too, without moving a byte. False where that cannot be:
 * no source named, mounting turned off, another encryption, the layer not there or still on its way, or no permission
 * to read it; the client then uploads. https://docs.aws.amazon.com/AmazonECR/latest/userguide/blob-mounting.html
 */
export async function mountLayer(
  digest: string,
  from: string | null,
  call: Call,
  deps: DataPlaneDeps,
): Promise<boolean> {
  if (!isDigest(digest)) throw digestInvalid(digest)
  const target = await requireRepository(deps.store, call.registry, call.repository)
  if (from === null || (await accountSetting(deps.store, call.registry, 'BLOB_MOUNTING')) !== 'ENABLED') return false
  const source = await deps.store.repositories.get(call.registry, from)
  if (!source || !isEncryptedAlike(source, target)) return false
  const layer = await layerWithBytes(deps, call.registry, from, digest)
  if (!layer || !(await mayRead(from, call, deps))) return false
  await recordMounted(layer, call, deps)
  // The bytes may have gone before the record came; now that it is there they cannot.
  return (await layerWithBytes(deps, call.registry, call.repository, digest)) !== undefined
}

const isEncryptedAlike = ({ encryption: a }: Repository, { encryption: b }: Repository) =>
  a.encryptionType === b.encryptionType && a.kmsKey === b.kmsKey

const mayRead = (from: string, call: Call, { authorize }: DataPlaneDeps): Promise<boolean> =>
  isAllowed(authorize, permissionFor('ecr:GetDownloadUrlForLayer', { ...call, repository: from }))

const recordMounted = ({ digest, size, mediaType }: Layer, { registry, repository }: Call, { store }: DataPlaneDeps) =>
  store.transact(registry, async (records) => {
    await requireRepository(records, registry, repository)
    const key = keyOf(repository, digest)
    const before = await records.layers.get(registry, key)
    const layer = before ?? { repository, digest, size, ...(mediaType !== undefined && { mediaType }) }
    if (!before || !isOfRepository(before)) await records.layers.put(registry, key, confirmed({ ...layer, size }))
  })
