import { createHash, type Hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { type BlobWriter, BlobsUnavailable, DigestMismatch } from '../../registry/ports/blob-store.js'
import { unavailable } from './response-mapping.js'
import type { Writing } from './blob-writer.js'
import { commitBlob } from './commit.js'
import { blobKey, partKey, uploadPrefix } from './object-keys.js'
import { bytesOfParts, deleteUnder, partsUnder, type UploadPart } from './upload-parts.js'
import { copy, storeNew } from './writing.js'

/** The sha256 of parts this process has sent itself, by key and ETag. */
export type KnownHashes = LRUCache<string, string>

/** How many parts are remembered: docker sends PATCH with all of a layer, then PUT. */
const REMEMBERED = 1024

/** What a process remembers of upload sessions, so that it need not read again what it has just sent. */
export const knownHashes = (): KnownHashes => new LRUCache({ max: REMEMBERED })

interface Session extends Writing {
  readonly known: KnownHashes
  readonly prefix: string
  /** What earlier requests brought, here or on other machines. */
  parts: UploadPart[]
  /** What this request brings: in the spool until it ends. */
  batch: { file: BlobWriter; sha256: Hash } | undefined
}

/**
 * The writer of an upload session. A request's bytes become one object when it ends, under a key that says where they go, so that
 * the next request may come to any process. Of two that wrote at the same place the first is right, and the other is refused.
 */
export async function uploadSession(writing: Writing, known: KnownHashes, id: string): Promise<BlobWriter> {
  const prefix = uploadPrefix(writing.bucket, id)
  const parts = await partsUnder(writing.bucket, prefix)
  const session: Session = { ...writing, known, prefix, parts, batch: undefined }
  return {
    get size() {
      return sizeOf(session)
    },
    name: undefined,
    append: (chunk) => append(session, chunk),
    read: (position, length) => read(session, position, length),
    verify: (digest) => verify(session, digest),
    commit: (digest) => commit(session, digest),
    close: () => flush(session),
    abort: () => abort(session),
  }
}

const kept = ({ parts }: Session) => parts.reduce((sum, { size }) => sum + size, 0)
const sizeOf = (session: Session) => kept(session) + (session.batch?.file.size ?? 0)

async function append(session: Session, chunk: Uint8Array): Promise<void> {
  session.batch ??= { file: await session.spool.create(), sha256: createHash('sha256') }
  const { file, sha256 } = session.batch
  await file.append(chunk)
  sha256.update(chunk)
}

async function read(session: Session, position: number, length: number): Promise<Buffer> {
  const start = kept(session)
  const chunks: Buffer[] = []
  for await (const chunk of bytesOfParts(session.bucket, session.parts, position, length)) chunks.push(chunk)
  const from = Math.max(position, start)
  const missing = position + length - from
  if (session.batch && missing > 0) chunks.push(await session.batch.file.read(from - start, missing))
  return Buffer.concat(chunks)
}

/** Stores this request's bytes as an object. If that fails they are dropped, and the client gets an error and sends them again. */
async function flush(session: Session): Promise<void> {
  const { bucket, batch, parts, prefix, ids, known } = session
  session.batch = undefined
  if (!batch) return
  const { file, sha256 } = batch
  try {
    if (file.size === 0) return
    const offset = kept(session)
    const key = partKey(prefix, offset)
    const { etag, isOurs } = await storeNew(bucket, key, file, ids.uuid())
    if (!isOurs) throw new BlobsUnavailable('Another request has written to this place of the upload')
    known.set(`${key} ${etag}`, `sha256:${sha256.digest('hex')}`)
    session.parts = [...parts, { key, offset, size: file.size, etag }]
  } finally {
    await file.abort()
  }
}

async function verify(session: Session, digest: string): Promise<void> {
  if (knownDigest(session) === digest) return
  const file = await collected(session)
  try {
    await file.verify(digest)
  } finally {
    await file.abort()
  }
}

/** The digest of the whole, where one request brought it and this process has seen it. */
function knownDigest({ parts, batch, known }: Session): string | undefined {
  const [part, ...others] = parts
  if (batch || !part || others.length > 0) return undefined
  return known.get(`${part.key} ${part.etag}`)
}

/** What is verified is what is kept: the very version of the part whose hash is known, or a file that is read twice. */
async function commit(session: Session, digest: string): Promise<void> {
  const { bucket, parts, ids } = session
  const key = blobKey(bucket, digest)
  const [part] = parts
  try {
    if (key !== undefined && part && knownDigest(session) === digest) await copy(bucket, part, key)
    else await keepCollected(session, key ?? '', digest, ids)
  } catch (error) {
    if (error instanceof DigestMismatch) await abort(session)
    throw error
  }
  // The blob is there: parts that cannot be deleted now are left to the sweep.
  await abort(session).catch(() => {})
}

async function keepCollected(session: Session, key: string, digest: string, ids: Writing['ids']): Promise<void> {
  const file = await collected(session)
  try {
    await file.verify(digest)
    await commitBlob(session.bucket, key, file, ids)
  } finally {
    await file.abort()
  }
}

/** All bytes of the upload in one file of the spool. */
async function collected(session: Session): Promise<BlobWriter> {
  await flush(session)
  const file = await session.spool.create()
  try {
    for await (const chunk of bytesOfParts(session.bucket, session.parts, 0, kept(session))) await file.append(chunk)
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
