import { limitExceeded } from '../errors.js'
import { appendArriving } from './append-arriving.js'
import { layerPartOutOfOrder, uploadNotFound } from './layer-errors.js'
import type { Pins } from '../ports/pins.js'
import type { BlobWriter, Blobs, Uploads, WithNotes } from '../ports/blob-store.js'
import type { Clock } from '../ports/clock.js'
import type { Store } from '../ports/store.js'
import { MIB, type Quotas } from '../quotas.js'
import type { Registry } from '../registry.js'
import { requireRepository } from '../repositories/require-repository.js'
import type { KeyedMutex } from '../../coordination/keyed-mutex.js'
import type { Upload } from './upload.js'

/** The storage that uploads need. Records are in the store, bytes in the blob store. */
export interface UploadStorage {
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
      await appendArriving(writer, part.bytes, (received) => {
        if (start + received > storage.quotas.layerMiB * MIB) throw limitExceeded()
      })
    } finally {
      await writer.close()
      if (writer.size > start) await recordPart(storage, session, start, writer)
    }
    return findUpload(storage, session)
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

/** Drops the record and the bytes of an upload. */
export async function discardUpload({ store }: UploadStorage, { registry, id }: UploadSession, writer: BlobWriter) {
  await store.uploads.remove(registry, id)
  await writer.abort()
}
