import { limitExceeded, serverException } from '../errors.js'
import { emptyUpload, invalidLayer, layerPartOutOfOrder, uploadNotFound } from './layer-errors.js'
import type { Pins } from '../ports/pins.js'
import type { Layer } from '../images/image.js'
import { confirmLayer, layerWithBytes, withoutSweepMark } from './layer-with-bytes.js'
import { isDigest } from '../images/manifest.js'
import { type BlobWriter, type Blobs, DigestMismatch, type Uploads, type WithNotes } from '../ports/blob-store.js'
import type { Clock } from '../ports/clock.js'
import { StoreUnavailable } from '../ports/key-value.js'
import { keyOf, type Store } from '../ports/store.js'
import { MIB, type Quotas } from '../quotas.js'
import type { Registry } from '../registry.js'
import { requireRepository } from '../repositories/require-repository.js'
import type { KeyedMutex } from '../../coordination/keyed-mutex.js'
import type { Upload } from './upload.js'

/** The storage that uploads need. Records are in the store, bytes in the blob store. */
interface UploadStorage {
  readonly store: Store
  readonly blobs: Blobs & Uploads & WithNotes
  readonly pins: Pins
  readonly clock: Pick<Clock, 'now'>
  readonly quotas: Pick<Quotas, 'layerMiB' | 'minimumLayerPartMiB'>
  /** By upload id: the bytes of an upload have an order. */
  readonly uploadMutex: KeyedMutex
}

/** Identifies an upload. Its id is valid only together with the repository in which it was started. */
export interface UploadSession {
  readonly registry: Registry
  readonly repository: string
  readonly id: string
}

/** The next bytes of a layer. `firstByte` is their position according to the client; the end if absent. */
interface LayerPart {
  readonly firstByte?: number
  readonly bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}

/**
 * Starts an upload, for InitiateLayerUpload and for the OCI `POST …/blobs/uploads/`. Throws RepositoryNotFound.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_InitiateLayerUpload.html
 */
export async function beginUpload(
  { store }: Pick<UploadStorage, 'store'>,
  { registry, repository, id }: UploadSession,
  now: Date,
): Promise<Upload> {
  const upload = { id, repository, startedAt: now.getTime(), size: 0 }
  return store.transact(registry, async (records) => {
    await requireRepository(records, registry, repository)
    await records.uploads.put(registry, id, upload)
    return upload
  })
}

/** An upload that was started in this repository and is not complete. Throws RepositoryNotFound, UploadNotFound. */
export async function findUpload({ store }: Pick<UploadStorage, 'store'>, session: UploadSession): Promise<Upload> {
  const { registry, repository, id } = session
  await requireRepository(store, registry, repository)
  const upload = await store.uploads.get(registry, id)
  if (upload?.repository !== repository) throw uploadNotFound(uploadDetails(session))
  return upload
}

/** An upload as error details and messages name it. */
export const uploadDetails = ({ registry, repository, id }: UploadSession) => ({
  registryId: registry.account,
  repositoryName: repository,
  uploadId: id,
})

/**
 * Appends bytes to an upload. If the stream breaks off, the bytes that arrived are kept and the client can continue
 * after them. Throws InvalidLayerPart, with the position to continue from, if the bytes do not follow the last ones,
 * and LimitExceeded if the layer becomes too large.
 */
export const appendPart = (storage: UploadStorage, session: UploadSession, part: LayerPart): Promise<Upload> =>
  storage.uploadMutex(session.id, async () => {
    await findUpload(storage, session)
    const writer = await storage.blobs.session(session.id)
    const start = writer.size
    try {
      if (part.firstByte !== undefined && part.firstByte !== start)
        throw layerPartOutOfOrder(uploadDetails(session), part.firstByte, start)
      for await (const chunk of part.bytes) {
        if (writer.size + chunk.length > storage.quotas.layerMiB * MIB) throw limitExceeded()
        await writer.append(chunk)
      }
    } finally {
      await writer.close()
      if (writer.size > start) await recordPart(storage, session, start, writer)
    }
    return findUpload(storage, session)
  })

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

/** Removes an upload and its bytes. Throws RepositoryNotFound, UploadNotFound. */
export const abandonUpload = (storage: UploadStorage, session: UploadSession): Promise<void> =>
  storage.uploadMutex(session.id, async () => {
    await findUpload(storage, session)
    await discardUpload(storage, session, await storage.blobs.session(session.id))
  })

/**
 * Removes the bytes of an upload whose record was removed, once a client that is still sending them is finished. The
 * caller does not wait for that. A failure is ignored, since without a record the bytes cannot be reached.
 */
export function discardUploadBytes(
  { blobs, uploadMutex }: Pick<UploadStorage, 'uploadMutex'> & { readonly blobs: Pick<Uploads, 'session'> },
  id: string,
): void {
  uploadMutex(id, async () => {
    const writer = await blobs.session(id)
    await writer.abort()
  }).catch(() => {})
}

async function recordPart(
  { store, clock, quotas }: UploadStorage,
  { registry, id }: UploadSession,
  start: number,
  { size }: BlobWriter,
) {
  const smallPart = size - start < quotas.minimumLayerPartMiB * MIB
  const touchedAt = (await clock.now()).getTime()
  await store.uploads.update(registry, id, ({ smallPart: smallBefore, smallPartFollowed, parts = 0, ...upload }) => ({
    ...upload,
    size,
    parts: parts + 1,
    touchedAt,
    ...(smallPart && { smallPart }),
    ...((smallPartFollowed ?? smallBefore) && { smallPartFollowed: true }),
  }))
}

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

async function discardUpload({ store }: UploadStorage, { registry, id }: UploadSession, writer: BlobWriter) {
  await store.uploads.remove(registry, id)
  await writer.abort()
}
