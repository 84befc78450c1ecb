import { invalidLayer, invalidLayerPart, uploadNotFound } from './errors.js'
import type { Layer } from './image.js'
import { isDigest } from './manifest.js'
import { type BlobStore, type BlobWriter, DigestMismatch } from './ports/blob-store.js'
import { keyOf, type Store } from './ports/store.js'
import type { Registry } from './registry.js'
import { requireRepository } from './require-repository.js'
import type { Upload } from './upload.js'

/** The model's least size of every part but the last: 5 MiB, which the service calls 5MB. */
export const MIN_PART_BYTES = 5 * 1024 * 1024

/** Where an upload lives: its record in the store, its bytes with the blobs. */
export interface UploadStorage {
  readonly store: Store
  readonly blobs: BlobStore
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
  if (upload?.repository !== repository) throw uploadNotFound()
  return upload
}

/**
 * Takes the next bytes of an upload. What came before a stream broke off is kept, so that a client can go on from
 * there. Throws InvalidLayerPart, which says where to go on, for bytes that do not follow the last ones.
 */
export const appendPart = (storage: UploadStorage, session: UploadSession, part: LayerPart): Promise<Upload> =>
  inTurn(session.id, async () => {
    await findUpload(storage, session)
    const writer = await storage.blobs.session(session.id)
    const start = writer.size
    try {
      if (part.firstByte !== undefined && part.firstByte !== start) throw partOutOfOrder(session, start)
      for await (const chunk of part.bytes) await writer.append(chunk)
    } finally {
      await writer.close()
      if (writer.size > start) await recordPart(storage, session, start, writer)
    }
    return findUpload(storage, session)
  })

/**
 * Makes the bytes of an upload a layer of its repository. Throws InvalidLayer where they do not hash to the digest; the
 * upload is then gone.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CompleteLayerUpload.html
 */
export const completeUpload = (storage: UploadStorage, session: UploadSession, digest: string): Promise<Layer> =>
  inTurn(session.id, async () => {
    const { repository } = await findUpload(storage, session)
    if (!isDigest(digest)) throw invalidLayer()
    const writer = await storage.blobs.session(session.id)
    const { size } = writer
    try {
      await writer.commit(digest)
    } catch (error) {
      if (!(error instanceof DigestMismatch)) throw error
      await discard(storage, session, writer)
      throw invalidLayer()
    } finally {
      await writer.close()
    }
    return recordLayer(storage, session, { repository, digest, size })
  })

/** Drops an upload and its bytes. Throws RepositoryNotFound, UploadNotFound. */
export const abandonUpload = (storage: UploadStorage, session: UploadSession): Promise<void> =>
  inTurn(session.id, async () => {
    await findUpload(storage, session)
    await discard(storage, session, await storage.blobs.session(session.id))
  })

/**
 * Drops the bytes of an upload whose record is gone, behind whoever is still writing them: nobody waits for a slow
 * client. Bytes that cannot be removed are out of reach already.
 */
export function discardUploadBytes(blobs: BlobStore, id: string): void {
  inTurn(id, async () => {
    const writer = await blobs.session(id)
    await writer.abort()
  }).catch(() => {})
}

async function recordPart(
  { store }: UploadStorage,
  { registry, id }: UploadSession,
  start: number,
  { size }: BlobWriter,
) {
  const smallPart = size - start < MIN_PART_BYTES
  await store.uploads.update(registry, id, ({ smallPart: smallBefore, smallPartFollowed, ...upload }) => ({
    ...upload,
    size,
    ...(smallPart && { smallPart }),
    ...((smallPartFollowed ?? smallBefore) && { smallPartFollowed: true }),
  }))
}

function recordLayer({ store }: UploadStorage, { registry, id }: UploadSession, uploaded: Layer): Promise<Layer> {
  const { repository, digest } = uploaded
  return store.transact(registry, async (records) => {
    await requireRepository(records, registry, repository)
    const layer = { ...(await records.layers.get(registry, keyOf(repository, digest))), ...uploaded }
    await records.layers.put(registry, keyOf(repository, digest), layer)
    await records.uploads.remove(registry, id)
    return layer
  })
}

async function discard({ store }: UploadStorage, { registry, id }: UploadSession, writer: BlobWriter) {
  await store.uploads.remove(registry, id)
  await writer.abort()
}

const partOutOfOrder = ({ registry, repository, id }: UploadSession, size: number) =>
  invalidLayerPart({
    registryId: registry.account,
    repositoryName: repository,
    uploadId: id,
    lastValidByteReceived: size - 1,
  })

/** Requests on one upload, one after the other: bytes have an order. */
const turns = new Map<string, Promise<unknown>>()

async function inTurn<R>(id: string, work: () => Promise<R>): Promise<R> {
  const turn = (turns.get(id) ?? Promise.resolve()).then(work, work)
  turns.set(id, turn)
  try {
    return await turn
  } finally {
    if (turns.get(id) === turn) turns.delete(id)
  }
}
