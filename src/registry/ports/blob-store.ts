/**
 * Blobs by digest, shared by all repositories. A blob exists once it is committed, and never changes. Its bytes were
 * verified against the digest when they were stored.
 */
export interface Blobs {
  /**
   * The size of a blob in bytes; undefined if there is no such blob. `expected` is the size in its record: if the two
   * differ, a store that verifies blobs reads the bytes first and reports a damaged blob as absent.
   */
  size(digest: string, expected?: number): Promise<number | undefined>
  /**
   * Passes a range of a blob to `take`, chunk by chunk; false if there is no such blob. `range` includes both ends and
   * must lie within the blob. Throws BlobDamaged before the last byte of the range if the bytes do not match the
   * digest.
   */
  send(digest: string, range: ByteRange, take: TakeChunk): Promise<boolean>
  /** The content of a small blob, such as a manifest or a config. */
  read(digest: string): Promise<Buffer | undefined>
}

/** How bytes become blobs. */
export interface Uploads {
  create(): Promise<BlobWriter>
  /** The writer of an upload session. The same `id` leads to the same bytes again, also after a restart. */
  session(id: string): Promise<BlobWriter>
}

/** What garbage collection and fsck need. */
export interface Inventory {
  /** All blobs, in no particular order. */
  list(): AsyncIterable<StoredBlob>
  /** The size and the version of a blob, determined without reading it. */
  stat(digest: string): Promise<BlobStat | undefined>
  /**
   * Removes a blob, or does nothing if there is none. A reader that has started may finish. `confirm` is called once no
   * new reader can find the bytes: if it resolves with false, they are restored. An object store cannot restore them:
   * it removes them first and calls `confirm` afterwards, and gives up within `REMOVAL_MS`.
   */
  remove(digest: string, confirm?: () => Promise<boolean>): Promise<void>
  /** Makes a blob whose bytes do not match its digest unreachable, and retains the bytes for inspection. */
  quarantine(digest: string): Promise<void>
  /** Bytes that are not a blob: temporary files and the bytes of upload sessions. */
  leftovers(): AsyncIterable<Leftover>
  discard(leftover: Leftover): Promise<void>
}

/** Implemented by stores from which clients can fetch the bytes of a blob directly. */
export interface Redirects {
  /** A URL that is valid for this many seconds; undefined if the text is not a digest. */
  locationOf(digest: string, forSeconds: number): Promise<string | undefined>
}

/** Implemented by stores in which a process can read the bytes that another is still writing. */
export interface Follows {
  /** The bytes being written under this name (`BlobWriter.name`); undefined if this process cannot read them. */
  follow(name: string): Promise<GrowingBytes | undefined>
}

/**
 * For callers that record beside the blobs which images they belong to, so that images can be restored if the store is
 * lost.
 */
export interface WithNotes {
  readonly notes: Notes
}

/**
 * Everything that an adapter provides. Callers use the narrow interfaces; whether an optional one is implemented is
 * determined by checking for its method.
 */
export interface BlobStore extends Blobs, Uploads, Inventory, WithNotes, Partial<Redirects>, Partial<Follows> {
  /** Removes everything, notes and unfinished bytes included. */
  clear(): Promise<void>
}

/**
 * A blob's size, and a text that changes whenever its bytes may have changed: built from the times and the inode of a
 * file, or from the ETag of an object.
 */
export interface BlobStat {
  readonly size: number
  readonly version: string
}

/** Bytes that another process may still be appending. */
export interface GrowingBytes {
  /** The current number of bytes. */
  size(): Promise<number>
  read(position: number, length: number): Promise<Buffer>
  /** Whether the bytes are now stored as this blob; also false if that cannot be determined. */
  became(digest: string): Promise<boolean>
  close(): Promise<void>
}

/** A blob in the inventory. */
export interface StoredBlob {
  readonly digest: string
  readonly size: number
}

/** Bytes that are not a blob and may never become one. */
export interface Leftover {
  readonly kind: 'temporary' | 'upload'
  /** The name of a writer (`BlobWriter.name`) or of an upload session. */
  readonly name: string
  /** Epoch milliseconds, by the machine's clock. */
  readonly modifiedAt: number
  /** Whether its writer is or may be alive: then the bytes must not be discarded. */
  readonly mayBeInUse: boolean
}

/**
 * The time limit of a removal in milliseconds. A process that has waited for a multiple of it can conclude that the
 * remover died.
 */
export const REMOVAL_MS = 10_000

/**
 * Texts by name, durable once `put` resolves. A name consists of segments separated by `/`; each consists of
 * `[A-Za-z0-9._:+=@-]` and is neither `.` nor `..`.
 */
export interface Notes {
  get(name: string): Promise<string | undefined>
  put(name: string, text: string): Promise<void>
  remove(name: string): Promise<void>
  /** The names that begin with these segments, in no particular order. */
  list(under: string): AsyncIterable<string>
}

/** Consumes a chunk, whose buffer may be reused once it resolves. If it rejects, no more chunks follow. */
export type TakeChunk = (chunk: Uint8Array) => Promise<void>

/** A range of bytes, both ends included, counting from 0. */
export interface ByteRange {
  start: number
  end: number
}

/** Bytes that are to become a blob. Nothing is visible under a digest before the commit. */
export interface BlobWriter {
  /** Bytes appended so far. */
  readonly size: number
  /** The name under which other processes can follow the bytes; undefined if they cannot. */
  readonly name: string | undefined
  /** Only one append at a time. The chunks may be reused once it resolves. */
  append(...chunks: Uint8Array[]): Promise<void>
  /**
   * At most `length` of the bytes appended so far, for readers of a transfer in flight; also usable during and after
   * the commit.
   */
  read(position: number, length: number): Promise<Buffer>
  /** Throws DigestMismatch if the bytes do not match `digest`. Stores nothing. */
  verify(digest: string): Promise<void>
  /**
   * Stores the bytes as `digest` (sha256 or sha512), durable once it resolves. Throws DigestMismatch and stores nothing
   * if they do not match.
   */
  commit(digest: string): Promise<void>
  /**
   * Releases an upload session between requests; its bytes remain for `session(id)`. May be called after commit or
   * abort.
   */
  close(): Promise<void>
  /** Drops the bytes. May be called after commit. */
  abort(): Promise<void>
}

/** The bytes do not match the digest under which they were to be stored. */
export class DigestMismatch extends Error {
  override readonly name = 'DigestMismatch'
  constructor(expected: string, actual: string) {
    super(`expected ${expected}, got ${actual}`)
  }
}

/** The bytes stored under a digest no longer match it. They are quarantined, so that the blob is absent from now on. */
export class BlobDamaged extends Error {
  override readonly name = 'BlobDamaged'
  constructor(digest: string) {
    super(`the bytes stored as ${digest} are damaged`)
  }
}

/** The disk has no space left for the bytes. */
export class NoSpace extends Error {
  override readonly name = 'NoSpace'
}

/** The storage of the blobs gave no usable answer, and retries did not help. */
export class BlobsUnavailable extends Error {
  override readonly name = 'BlobsUnavailable'
}
