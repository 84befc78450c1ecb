import { createHash, type Hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { type BlobWriter, BlobsUnavailable, DigestMismatch } from '../../registry/ports/blob-store.js'
import { unavailable } from './response-mapping.js'
import type { WriteContext } from './blob-writer.js'
import { commitBlob } from './commit.js'
import { blobKey, partKey, uploadPrefix } from './object-keys.js'
import { bytesOfParts, deleteUnder, partsUnder, type UploadPart } from './upload-parts.js'
import { copy, storeNew } from './writing.js'

/** The sha256 of parts that this process has sent, by key and ETag. */
export type PartHashes = LRUCache<string, string>

/** The number of parts whose hashes are remembered. docker sends PATCH with a whole layer, then PUT. */
const REMEMBERED = 1024

/** Remembers the hashes of parts, so that a process need not read again what it has just sent. */
export const partHashes = (): PartHashes => new LRUCache({ max: REMEMBERED })

interface Session extends WriteContext {
  readonly hashes: PartHashes
  readonly prefix: string
  /** The bytes of earlier requests, to this or to other processes. */
  parts: UploadPart[]
  /** The bytes of this request, in the spool until it ends. */
  batch: { file: BlobWriter; sha256: Hash } | undefined
}

/**
 * The writer of an upload session. When a request ends, its bytes become one object whose key contains their offset, so
 * that the next request may go to any process. If two requests write at the same offset, the first succeeds and the
 * other is refused.
 */
export async function uploadSession(context: WriteContext, hashes: PartHashes, id: string): Promise<BlobWriter> {
  const prefix = uploadPrefix(context.bucket, id)
  const parts = await partsUnder(context.bucket, prefix)
  const session: Session = { ...context, hashes, prefix, parts, batch: undefined }
  return {
    get size() {
      return sizeOf(session)
    },
    name: undefined,
    append: (...chunks) => append(session, chunks),
    read: (position, length) => read(session, position, length),
    verify: (digest) => verify(session, digest),
    commit: (digest) => commit(session, digest),
    close: () => flush(session),
    abort: () => abort(session),
  }
}

const storedBytes = ({ parts }: Session) => parts.reduce((sum, { size }) => sum + size, 0)
const sizeOf = (session: Session) => storedBytes(session) + (session.batch?.file.size ?? 0)

async function append(session: Session, chunks: Uint8Array[]): Promise<void> {
  session.batch ??= { file: await session.spool.create(), sha256: createHash('sha256') }
  const { file, sha256 } = session.batch
  await file.append(...chunks)
  for (const chunk of chunks) sha256.update(chunk)
}

async function read(session: Session, position: number, length: number): Promise<Buffer> {
  const start = storedBytes(session)
  const chunks: Buffer[] = []
  for await (const chunk of bytesOfParts(session.bucket, session.parts, position, length)) chunks.push(chunk)
  const from = Math.max(position, start)
  const missing = position + length - from
  if (session.batch && missing > 0) chunks.push(await session.batch.file.read(from - start, missing))
  return Buffer.concat(chunks)
}

/**
 * Stores the bytes of this request as an object. If that fails they are dropped: the client gets an error and sends
 * them again.
 */
async function flush(session: Session): Promise<void> {
  const { bucket, batch, parts, prefix, ids, hashes } = session
  session.batch = undefined
  if (!batch) return
  const { file, sha256 } = batch
  try {
    if (file.size === 0) return
    const offset = storedBytes(session)
    const key = partKey(prefix, offset)
    const { etag, isOurs } = await storeNew(bucket, key, file, ids.uuid())
    if (!isOurs) throw new BlobsUnavailable('Another request has written at this offset of the upload')
    hashes.set(`${key} ${etag}`, `sha256:${sha256.digest('hex')}`)
    session.parts = [...parts, { key, offset, size: file.size, etag }]
  } finally {
    await file.abort()
  }
}

async function verify(session: Session, digest: string): Promise<void> {
  if (rememberedDigest(session) === digest) return
  const file = await collect(session)
  try {
    await file.verify(digest)
  } finally {
    await file.abort()
  }
}

/** The digest of the whole upload, if it is a single part whose hash this process knows. */
function rememberedDigest({ parts, batch, hashes }: Session): string | undefined {
  const [part, ...others] = parts
  if (batch || !part || others.length > 0) return undefined
  return hashes.get(`${part.key} ${part.etag}`)
}

/** Commits exactly the bytes that are verified: either the version of the part whose hash is known, or a local file. */
async function commit(session: Session, digest: string): Promise<void> {
  const { bucket, parts, ids } = session
  const key = blobKey(bucket, digest)
  const [part] = parts
  try {
    if (key !== undefined && part && rememberedDigest(session) === digest) await copy(bucket, part, key)
    else await commitCollected(session, key ?? '', digest, ids)
  } catch (error) {
    if (error instanceof DigestMismatch) await abort(session)
    throw error
  }
  // The blob is stored; parts that cannot be deleted now are removed by the sweep.
  await abort(session).catch(() => {})
}

async function commitCollected(session: Session, key: string, digest: string, ids: WriteContext['ids']): Promise<void> {
  const file = await collect(session)
  try {
    await file.verify(digest)
    await commitBlob(session.bucket, key, file, ids)
  } finally {
    await file.abort()
  }
}

/** Copies all bytes of the upload into one file of the spool. */
async function collect(session: Session): Promise<BlobWriter> {
  await flush(session)
  const file = await session.spool.create()
  try {
    for await (const chunk of bytesOfParts(session.bucket, session.parts, 0, storedBytes(session)))
      await file.append(chunk)
    return file
  } catch (error) {
    await file.abort()
    throw error
  }
}

async function abort(session: Session): Promise<void> {
  await session.batch?.file.abort()
  session.batch = undefined
  session.parts = []
  await deleteUnder(session.bucket, session.prefix).catch((error: unknown) => {
    throw unavailable(error)
  })
}
