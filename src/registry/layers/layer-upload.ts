import { limitExceeded, serverException } from '../errors.js'
import { emptyUpload, invalidLayer, layerPartOutOfOrder, uploadNotFound } from './layer-errors.js'
import type { Pins } from '../ports/pins.js'
import type { Layer } from '../images/image.js'
import { confirmed, layerWithBytes, relied } from './layer-with-bytes.js'
import { isDigest } from '../images/manifest.js'
import { type BlobStore, type BlobWriter, DigestMismatch } from '../ports/blob-store.js'
import type { Clock } from '../ports/clock.js'
import { StoreUnavailable } from '../ports/key-value.js'
import { keyOf, type Store } from '../ports/store.js'
import { MIB, type Quotas } from '../quotas.js'
import type { Registry } from '../registry.js'
import { requireRepository } from '../repositories/require-repository.js'
import type { Upload } from './upload.js'
import { uploadMutex } from './upload-lock.js'

/** Where an upload lives: its record in the store, its bytes with the blobs. */
export interface UploadStorage {
  readonly store: Store
  readonly blobs: BlobStore
  readonly pins: Pins
  readonly clock: Pick<Clock, 'now'>
  readonly quotas: Pick<Quotas, 'layerMiB' | 'minimumLayerPartMiB'>
}

/** Which upload is meant: an id is good only together with the repository it was begun in. */
export interface UploadSession {
  readonly registry: Registry
  readonly repository: string
  readonly id: string
}

/** The next bytes of a layer. `firstByte` is where the client says they go; left out, they go at the end. */
export interface LayerPart {
  readonly firstByte?: number
  readonly bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}

/**
 * Opens an upload for InitiateLayerUpload and for the OCI `POST …/blobs/uploads/`. Throws RepositoryNotFound.
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

/** An upload begun in this repository and not finished. Throws RepositoryNotFound, UploadNotFound. */
export async function findUpload({ store }: Pick<UploadStorage, 'store'>, session: UploadSession): Promise<Upload> {
  const { registry, repository, id } = session
  await requireRepository(store, registry, repository)
  const upload = await store.uploads.get(registry, id)
  if (upload?.repository !== repository) throw uploadNotFound(named(session))
  return upload
}

/** An upload as refusals name it. */
export const named = ({ registry, repository, id }: UploadSession) => ({
  registryId: registry.account,
  repositoryName: repository,
  uploadId: id,
})

/**
 * Takes the next bytes of an upload. What came before a stream broke off is kept, so that a client can go on from
 * there. Throws InvalidLayerPart, which says where to go on, for bytes that do not follow the last ones, and LimitExceeded
 * for a layer that becomes too large.
 */
export const appendPart = (storage: UploadStorage, session: UploadSession, part: LayerPart): Promise<Upload> =>
  uploadMutex(session.id, async () => {
    await findUpload(storage, session)
    const writer = await storage.blobs.session(session.id)
    const start = writer.size
    try {
      if (part.firstByte !== undefined && part.firstByte !== start)
        throw layerPartOutOfOrder(named(session), part.firstByte, start)
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
 * Makes the bytes of an upload a layer of its repository. Throws InvalidLayer where they do not hash to the digest; the
 * upload is then gone. Throws EmptyUpload where there are none. Where the store did not answer it may be asked for again.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CompleteLayerUpload.html
 */
export const completeUpload = (storage: UploadStorage, session: UploadSession, digest: string): Promise<Layer> =>
  uploadMutex(session.id, async () => {
    const { repository } = await findUpload(storage, session)
    if (!isDigest(digest)) throw invalidLayer()
    const size = await keepBytes(storage, session, digest)
    const layer = await recordKept(storage, session, { repository, digest, size })
    // The bytes may have gone before the record came; now that it is there they cannot.
    if (await layerWithBytes(storage, session.registry, repository, digest)) return layer
    throw serverException('The layer was removed while it was completed. Upload it again.')
  })

/** Drops an upload and its bytes. Throws RepositoryNotFound, UploadNotFound. */
export const abandonUpload = (storage: UploadStorage, session: UploadSession): Promise<void> =>
  uploadMutex(session.id, async () => {
    await findUpload(storage, session)
    await discard(storage, session, await storage.blobs.session(session.id))
  })

/**
 * Drops the bytes of an upload whose record is gone, behind whoever is still writing them: nobody waits for a slow
 * client. Bytes that cannot be removed are out of reach already.
 */
export function discardUploadBytes(blobs: BlobStore, id: string): void {
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

/** How many there are; they may have been kept before, by a completion that the store did not answer. */
async function keepBytes(storage: UploadStorage, session: UploadSession, digest: string): Promise<number> {
  const { blobs } = storage
  const writer = await blobs.session(session.id)
  const { size } = writer
  try {
    const before = size === 0 && (await blobs.notes.get(keptNote(session))) === digest && (await blobs.size(digest))
    if (before) return before
    if (size === 0) throw emptyUpload(named(session))
    await writer.commit(digest)
    return size
  } catch (error) {
    if (!(error instanceof DigestMismatch)) throw error
    await discard(storage, session, writer)
    throw invalidLayer()
  } finally {
    await writer.close()
  }
}

/** The bytes are the upload's no more: where there is no record of it, a note says what became of them. */
async function recordKept(storage: UploadStorage, session: UploadSession, layer: Layer): Promise<Layer> {
  const { notes } = storage.blobs
  try {
    return await recordLayer(storage, session, layer)
  } catch (error) {
    if (error instanceof StoreUnavailable) await notes.put(keptNote(session), layer.digest).catch(() => {})
    throw error
  }
}

const keptNote = ({ id }: UploadSession) => `completed/${id}`

function recordLayer({ store }: UploadStorage, { registry, id }: UploadSession, uploaded: Layer): Promise<Layer> {
  const { repository, digest } = uploaded
  return store.transact(registry, async (records) => {
    await requireRepository(records, registry, repository)
    const before = await records.layers.get(registry, keyOf(repository, digest))
    const layer = confirmed({ ...(before && relied(before)), ...uploaded })
    await records.layers.put(registry, keyOf(repository, digest), layer)
    await records.uploads.remove(registry, id)
    return layer
  })
}

async function discard({ store }: UploadStorage, { registry, id }: UploadSession, writer: BlobWriter) {
  await store.uploads.remove(registry, id)
  await writer.abort()
}
