import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { type BlobWriter, DigestMismatch } from '../../registry/ports/blob-store.js'
import { blobPath } from './blob-path.js'
import { ifExists, orNoSpace, renameDurably } from './durable.js'

/** The bytes of a writer, and their sha256 as far as this process has seen them all; undefined where it has not. */
export interface Appended {
  size: number
  sha256: Hash | undefined
}

const hashingChunk = 1 << 20

interface Parts {
  root: string
  path: string
  handle: FileHandle
  appended: Appended
  /** What becomes of the bytes when the disk is full: an upload session keeps what it had. */
  whenFull: 'abort' | 'truncate'
  /** Told once nothing more can be appended. */
  released: (appended: Appended | undefined) => void
}

/** A file on its way to becoming a blob. */
export function blobWriter({ root, path, handle, appended, whenFull, released }: Parts): BlobWriter {
  let keptAs: string | undefined
  let closed: Promise<void> | undefined
  const closeHandle = () => (closed ??= handle.close())

  async function abort() {
    if (keptAs) return
    released(undefined)
    await closeHandle()
    await ifExists(unlink(path))
  }

  async function undo() {
    appended.sha256 = undefined
    if (whenFull === 'abort') await abort()
    else await handle.truncate(appended.size)
  }

  return {
    get size() {
      return appended.size
    },
    async append(chunk) {
      try {
        const writing = orNoSpace(root, () => writeAll(handle, chunk, appended.size))
        appended.sha256?.update(chunk)
        await writing
        appended.size += chunk.length
      } catch (error) {
        await undo()
        throw error
      }
    },
    async read(position, length) {
      const wanted = Math.max(0, Math.min(length, appended.size - position))
      if (!keptAs) return readUpTo(handle, position, wanted)
      await using reopened = await open(keptAs, 'r')
      return await readUpTo(reopened, position, wanted)
    },
    async commit(digest) {
      const destination = blobPath(root, digest)
      const actual = await digestOf(handle, appended, digest.startsWith('sha512:') ? 'sha512' : 'sha256')
      if (!destination || actual !== digest) {
        await abort()
        throw new DigestMismatch(digest, actual)
      }
      try {
        await orNoSpace(root, async () => {
          await handle.datasync()
          await renameDurably(path, destination, root)
        })
      } catch (error) {
        await undo()
        throw error
      }
      keptAs = destination
      released(undefined)
      await closeHandle()
    },
    async close() {
      if (closed) return
      released(appended)
      await closeHandle()
    },
    abort,
  }
}

async function writeAll(handle: FileHandle, chunk: Uint8Array, position: number) {
  for (let done = 0; done < chunk.length;) {
    const { bytesWritten } = await handle.write(chunk, done, chunk.length - done, position + done)
    done += bytesWritten
  }
}

async function readUpTo(handle: FileHandle, position: number, length: number): Promise<Buffer> {
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
