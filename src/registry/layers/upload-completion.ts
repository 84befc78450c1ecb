import { serverException } from '../errors.js'
import type { Layer } from '../images/image.js'
import { isDigest } from '../images/manifest.js'
import { DigestMismatch } from '../ports/blob-store.js'
import { StoreUnavailable } from '../ports/key-value.js'
import { keyOf } from '../ports/store.js'
import { requireRepository } from '../repositories/require-repository.js'
import { emptyUpload, invalidLayer } from './layer-errors.js'
import { discardUpload, findUpload, uploadDetails, type UploadSession, type UploadStorage } from './layer-upload.js'
import { confirmLayer, layerWithBytes, withoutSweepMark } from './layer-with-bytes.js'

/**
 * Makes the bytes of an upload a layer of its repository. Throws InvalidLayer if they do not hash to the digest, and
 * then the upload is removed; EmptyUpload if there are no bytes. Can be retried if the store was unavailable.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CompleteLayerUpload.html
 */
export const completeUpload = (storage: UploadStorage, session: UploadSession, digest: string): Promise<Layer> =>
  storage.uploadMutex(session.id, async () => {
    const { repository } = await findUpload(storage, session)
    if (!isDigest(digest)) throw invalidLayer()
    const size = await commitBytes(storage, session, digest)
    const layer = await recordCommitted(storage, session, { repository, digest, size })
    // A sweep may have removed the bytes before the record was written. From now on it cannot.
    if (await layerWithBytes(storage, session.registry, repository, digest)) return layer
    throw serverException('The layer was removed while it was completed. Upload it again.')
  })

/**
 * Makes the bytes of an upload a blob and returns how many there are. An earlier completion may have done so already,
 * if the store was unavailable before it could record the layer.
 */
async function commitBytes(storage: UploadStorage, session: UploadSession, digest: string): Promise<number> {
  const { blobs } = storage
  const writer = await blobs.session(session.id)
  const { size } = writer
  try {
    const committedSize =
      size === 0 && (await blobs.notes.get(completionNote(session))) === digest && (await blobs.size(digest))
    if (committedSize) return committedSize
    if (size === 0) throw emptyUpload(uploadDetails(session))
    await writer.commit(digest)
    return size
  } catch (error) {
    if (!(error instanceof DigestMismatch)) throw error
    await discardUpload(storage, session, writer)
    throw invalidLayer()
  } finally {
    await writer.close()
  }
}

/** Records the layer. If the store is unavailable, writes a note that the bytes of the upload have become this blob. */
async function recordCommitted(storage: UploadStorage, session: UploadSession, layer: Layer): Promise<Layer> {
  const { notes } = storage.blobs
  try {
    return await putLayer(storage, session, layer)
  } catch (error) {
    if (error instanceof StoreUnavailable) await notes.put(completionNote(session), layer.digest).catch(() => {})
    throw error
  }
}

const completionNote = ({ id }: UploadSession) => `completed/${id}`

function putLayer({ store }: UploadStorage, { registry, id }: UploadSession, uploadedLayer: Layer): Promise<Layer> {
  const { repository, digest } = uploadedLayer
  return store.transact(registry, async (records) => {
    await requireRepository(records, registry, repository)
    const existing = await records.layers.get(registry, keyOf(repository, digest))
    const layer = confirmLayer({ ...(existing && withoutSweepMark(existing)), ...uploadedLayer })
    await records.layers.put(registry, keyOf(repository, digest), layer)
    await records.uploads.remove(registry, id)
    return layer
  })
}
