import { isAllowed } from '../access/authorize.js'
import { accountSetting } from '../registry/account-settings.js'
import { confirmLayer, belongsToRepository, layerWithBytes } from '../registry/layers/layer-with-bytes.js'
import type { Layer } from '../registry/images/image.js'
import { keyOf } from '../registry/ports/store.js'
import type { Repository } from '../registry/repositories/repository.js'
import { requireRepository } from '../registry/repositories/require-repository.js'
import type { Call, DataPlaneDeps } from './call.js'
import { permissionFor } from './permission.js'

/**
 * Mounts a layer of another repository into this one: it is recorded there, and no bytes are copied. Returns false if
 * the client has to upload it instead: no source is named, mounting is disabled, the repositories are encrypted
 * differently, the layer is missing or still being fetched, or the caller may not read it.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/blob-mounting.html
 */
export async function mountLayer(
  digest: string,
  from: string | null,
  call: Call,
  deps: DataPlaneDeps,
): Promise<boolean> {
  const target = await requireRepository(deps.store, call.registry, call.repository)
  if (from === null || (await accountSetting(deps.store, call.registry, 'BLOB_MOUNTING')) !== 'ENABLED') return false
  const source = await deps.store.repositories.get(call.registry, from)
  if (!source || !isEncryptedAlike(source, target)) return false
  const layer = await layerWithBytes(deps, call.registry, from, digest)
  if (!layer || !(await mayRead(from, call, deps))) return false
  await recordMounted(layer, call, deps)
  // The bytes may have been removed before the record was written; now that it exists they cannot be.
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
    if (!before || !belongsToRepository(before))
      await records.layers.put(registry, key, confirmLayer({ ...layer, size }))
  })
