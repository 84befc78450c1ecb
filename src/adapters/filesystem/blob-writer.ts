import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { digestAlgorithm } from '../../registry/images/manifest.js'
import { type BlobWriter, DigestMismatch } from '../../registry/ports/blob-store.js'
import { blobPath } from './blob-path.js'
import { type DurableDirectories, ifExists, orNoSpace, renameDurably } from './durable.js'
import { isShared, moveUnlessShared } from './session-file.js'

/** The bytes of a writer, and their sha256 as far as this process has seen them all; undefined where it has not. */
export interface Appended {
  size: number
  sha256: Hash | undefined
}

interface Writing {
  root: string
  durable: DurableDirectories
  path: string
  handle: FileHandle
  /** Of a temporary file, which other processes may follow. */
  name?: string
  appended: Appended
  /** What becomes of the bytes when the disk is full: an upload session keeps what it had. */
  whenFull: 'abort' | 'truncate'
  /** Of an upload session, whose file other processes open, too. */
  session?: Session
  keptAs?: string
  closed?: Promise<void>
}

interface Session {
  /** A secret name. */
  readonly aside: string
  /** A file of its own for what is kept. */
  readonly create: () => Promise<BlobWriter>
  /** Told, when the session is let go of, what it has so far. */
  readonly released: (appended: Appended) => Promise<void>
}

const hashingChunk = 1024 * 1024

/** A file on its way to becoming a blob. */
export function blobWriter(writing: Writing): BlobWriter {
  return {
    get size() {
      return writing.appended.size
    },
    name: writing.name,
    append: (chunk) => append(writing, chunk),
    read: (position, length) => read(writing, position, length),
    verify: async (digest) => void (await verify(writing, digest)),
    commit: (digest) => commit(writing, digest),
    async close() {
      try {
        if (!writing.closed) await writing.session?.released(writing.appended)
      } finally {
        await closeHandle(writing)
      }
    },
    abort: () => abort(writing),
  }
}

async function append(writing: Writing, chunk: Uint8Array) {
  const { root, handle, appended } = writing
  try {
    const written = orNoSpace(root, () => writeAll(handle, chunk, appended.size))
    appended.sha256?.update(chunk)
    await written
    appended.size += chunk.length
  } catch (error) {
    await undo(writing)
    throw error
  }
}

async function read({ handle, appended, keptAs }: Writing, position: number, length: number) {
  const wanted = Math.max(0, Math.min(length, appended.size - position))
  if (!keptAs) return readUpTo(handle, position, wanted)
  await using reopened = await open(keptAs, 'r')
  return await readUpTo(reopened, position, wanted)
}

/** The path a blob of these bytes is kept at. */
async function verify({ root, handle, appended }: Writing, digest: string): Promise<string> {
  const actual = await digestOf(handle, appended, digestAlgorithm(digest))
  const destination = blobPath(root, digest)
  if (!destination || actual !== digest) throw new DigestMismatch(digest, actual)
  return destination
}

async function commit(writing: Writing, digest: string) {
  const { root, handle, session } = writing
  if (session && (await isShared(handle))) return keepCopy(writing, session, digest)
  const destination = await verify(writing, digest).catch(async (mismatch: unknown) => {
    await abort(writing)
    throw mismatch
  })
  const isKept = await orNoSpace(root, () => moveTo(destination, writing)).catch(async (error: unknown) => {
    await undo(writing)
    throw error
  })
  if (session && !isKept) return keepCopy(writing, session, digest)
  writing.keptAs = destination
  await closeHandle(writing)
}

async function moveTo(destination: string, { root, path, handle, durable, session }: Writing): Promise<boolean> {
  const move = (from: string) => renameDurably(from, destination, root, durable)
  await handle.datasync()
  if (session) return moveUnlessShared({ handle, path, aside: session.aside }, move)
  await move(path)
  return true
}

/** Another process may write to the session's file: what is kept is a copy, verified as it was made. */
async function keepCopy(writing: Writing, { create }: Session, digest: string) {
  const { root, path, handle, appended } = writing
  const copy = await create()
  try {
    while (copy.size < appended.size) {
      const chunk = await readUpTo(handle, copy.size, Math.min(hashingChunk, appended.size - copy.size))
      if (chunk.length === 0) break
      await copy.append(chunk)
    }
    await copy.commit(digest)
  } catch (error) {
    await copy.abort()
    if (error instanceof DigestMismatch) await abort(writing)
    throw error
  }
  writing.keptAs = blobPath(root, digest)
  await ifExists(unlink(path))
  await closeHandle(writing)
}

async function abort(writing: Writing) {
  if (writing.keptAs) return
  await closeHandle(writing)
  await ifExists(unlink(writing.path))
}

async function undo(writing: Writing) {
  writing.appended.sha256 = undefined
  if (writing.whenFull === 'abort') await abort(writing)
  else await writing.handle.truncate(writing.appended.size)
}

const closeHandle = (writing: Writing) => (writing.closed ??= writing.handle.close())

async function writeAll(handle: FileHandle, chunk: Uint8Array, position: number) {
  for (let done = 0; done < chunk.length;) {
    const { bytesWritten } = await handle.write(chunk, done, chunk.length - done, position + done)
    done += bytesWritten
  }
}

/** As many of these bytes as the file has. */
export async function readUpTo(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length)
  let done = 0
  while (done < length) {
    const { bytesRead } = await handle.read(buffer, done, length - done, position + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return buffer.subarray(0, done)
}

async function digestOf(handle: FileHandle, { size, sha256 }: Appended, algorithm: 'sha256' | 'sha512') {
  if (algorithm === 'sha256' && sha256) return `sha256:${sha256.copy().digest('hex')}`
  const hash = createHash(algorithm)
  for (let position = 0; position < size; position += hashingChunk)
    hash.update(await readUpTo(handle, position, Math.min(hashingChunk, size - position)))
  return `${algorithm}:${hash.digest('hex')}`
}
