import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { digestAlgorithm } from '../../registry/images/manifest.js'
import { type BlobWriter, DigestMismatch } from '../../registry/ports/blob-store.js'
import { blobPath } from './blob-path.js'
import { type DurableDirectories, ifExists, orNoSpace, renameDurably } from './durable.js'
import { isShared, moveUnlessShared } from './session-file.js'

/** How many bytes a writer has, and their sha256 if this process has hashed all of them. */
export interface WriterProgress {
  size: number
  sha256: Hash | undefined
}

/** The state of a writer. */
interface WriterState {
  root: string
  durable: DurableDirectories
  path: string
  handle: FileHandle
  /** The name of a temporary file, under which other processes can follow it. */
  name?: string
  progress: WriterProgress
  /** What happens to the bytes if the disk is full: an upload session retains those from before the failed append. */
  whenFull: 'abort' | 'truncate'
  /** Set for an upload session, whose file other processes may open, too. */
  session?: Session
  /** The path of the blob, once it is committed. */
  blobFile?: string
  /** Set once the handle is being closed. */
  closing?: Promise<void>
}

interface Session {
  /** A path that no other process knows. */
  readonly aside: string
  /** Creates a temporary file for a private copy of the bytes. */
  readonly create: () => Promise<BlobWriter>
  /** Called with the progress when the session is closed. */
  readonly onClose: (progress: WriterProgress) => Promise<void>
}

const HASH_CHUNK_BYTES = 1024 * 1024

/** The writer of a file that is to become a blob. */
export function blobWriter(state: WriterState): BlobWriter {
  return {
    get size() {
      return state.progress.size
    },
    name: state.name,
    append: (...chunks) => append(state, chunks),
    read: (position, length) => read(state, position, length),
    verify: async (digest) => void (await verify(state, digest)),
    commit: (digest) => commit(state, digest),
    async close() {
      try {
        if (!state.closing) await state.session?.onClose(state.progress)
      } finally {
        await closeHandle(state)
      }
    },
    abort: () => abort(state),
  }
}

async function append(state: WriterState, chunks: Uint8Array[]) {
  const { root, handle, progress } = state
  try {
    const writes = orNoSpace(root, () => writeAll(handle, chunks, progress.size))
    for (const chunk of chunks) progress.sha256?.update(chunk)
    progress.size += await writes
  } catch (error) {
    await undo(state)
    throw error
  }
}

async function read({ handle, progress, blobFile }: WriterState, position: number, length: number) {
  const available = Math.max(0, Math.min(length, progress.size - position))
  if (!blobFile) return readUpTo(handle, position, available)
  await using reopened = await open(blobFile, 'r')
  return await readUpTo(reopened, position, available)
}

/** Verifies the bytes and returns the path of the blob. */
async function verify({ root, handle, progress }: WriterState, digest: string): Promise<string> {
  const actual = await digestOf(handle, progress, digestAlgorithm(digest))
  const destination = blobPath(root, digest)
  if (!destination || actual !== digest) throw new DigestMismatch(digest, actual)
  return destination
}

async function commit(state: WriterState, digest: string) {
  const { root, handle, session } = state
  if (session && (await isShared(handle))) return commitCopy(state, session, digest)
  const destination = await verify(state, digest).catch(async (mismatch: unknown) => {
    await abort(state)
    throw mismatch
  })
  const isMoved = await orNoSpace(root, () => moveTo(destination, state)).catch(async (error: unknown) => {
    await undo(state)
    throw error
  })
  if (session && !isMoved) return commitCopy(state, session, digest)
  state.blobFile = destination
  await closeHandle(state)
}

async function moveTo(destination: string, { root, path, handle, durable, session }: WriterState): Promise<boolean> {
  const move = (from: string) => renameDurably(from, destination, root, durable)
  await handle.datasync()
  if (session) return moveUnlessShared({ handle, path, aside: session.aside }, move)
  await move(path)
  return true
}

/** Commits a copy of a session's file, verified as it is made, because another process may still write to the file. */
async function commitCopy(state: WriterState, { create }: Session, digest: string) {
  const { root, path, handle, progress } = state
  const copy = await create()
  try {
    while (copy.size < progress.size) {
      const chunk = await readUpTo(handle, copy.size, Math.min(HASH_CHUNK_BYTES, progress.size - copy.size))
      if (chunk.length === 0) break
      await copy.append(chunk)
    }
    await copy.commit(digest)
  } catch (error) {
    await copy.abort()
    if (error instanceof DigestMismatch) await abort(state)
    throw error
  }
  state.blobFile = blobPath(root, digest)
  await ifExists(unlink(path))
  await closeHandle(state)
}

async function abort(state: WriterState) {
  if (state.blobFile) return
  await closeHandle(state)
  await ifExists(unlink(state.path))
}

async function undo(state: WriterState) {
  state.progress.sha256 = undefined
  if (state.whenFull === 'abort') await abort(state)
  else await state.handle.truncate(state.progress.size)
}

const closeHandle = (state: WriterState) => (state.closing ??= state.handle.close())

/** Returns the number of bytes written, which is that of all chunks. */
async function writeAll(handle: FileHandle, chunks: Uint8Array[], position: number): Promise<number> {
  let written = 0
  for (let rest = chunks; rest.length > 0;) {
    const { bytesWritten } = await handle.writev(rest, position + written)
    written += bytesWritten
    rest = after(bytesWritten, rest)
  }
  return written
}

/** What follows the first `count` bytes of these chunks. */
function after(count: number, chunks: Uint8Array[]): Uint8Array[] {
  let skipped = 0
  return chunks.flatMap((chunk) => {
    const start = Math.min(chunk.length, count - skipped)
    skipped += start
    return start < chunk.length ? [chunk.subarray(start)] : []
  })
}

/** Reads up to `length` bytes, fewer if the file ends before. */
export async function readUpTo(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length)
  let offset = 0
  while (offset < length) {
    const { bytesRead } = await handle.read(buffer, offset, length - offset, position + offset)
    if (bytesRead === 0) break
    offset += bytesRead
  }
  return buffer.subarray(0, offset)
}

async function digestOf(handle: FileHandle, { size, sha256 }: WriterProgress, algorithm: 'sha256' | 'sha512') {
  if (algorithm === 'sha256' && sha256) return `sha256:${sha256.copy().digest('hex')}`
  const hash = createHash(algorithm)
  for (let position = 0; position < size; position += HASH_CHUNK_BYTES)
    hash.update(await readUpTo(handle, position, Math.min(HASH_CHUNK_BYTES, size - position)))
  return `${algorithm}:${hash.digest('hex')}`
}
