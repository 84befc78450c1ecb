/**
 * Bytes by their digest, shared by every repository. A blob exists once committed and never changes; the bytes under
 * a digest hashed to it when they were stored.
 */
export interface Blobs {
  /**
   * How many bytes a blob has; undefined when there is no such blob. `expected` is the size in its record: where the two differ, a
   * store that verifies what it serves reads the bytes before it answers, and reports a damaged blob as absent.
   */
  size(digest: string, expected?: number): Promise<number | undefined>
  /**
   * Hands over bytes one chunk after the other; false when there is no such blob. `range` includes both ends and
   * must lie within the blob. Throws BlobDamaged, before the last byte of the range, where the bytes do not hash to the
   * digest.
   */
  send(digest: string, range: ByteRange, take: TakeChunk): Promise<boolean>
  /** The whole of a small blob: a manifest, a config. */
  read(digest: string): Promise<Buffer | undefined>
}

/** How bytes become blobs. */
export interface Uploads {
  create(): Promise<BlobWriter>
  /** The writer of an upload session: the same `id` finds the same bytes again, also after a restart. */
  session(id: string): Promise<BlobWriter>
}

/** What garbage collection and fsck need. */
export interface Inventory {
  /** Every blob, in no order. */
  list(): AsyncIterable<StoredBlob>
  /** Size and version of a blob, found without reading it. */
  stat(digest: string): Promise<BlobStat | undefined>
  /**
   * Removes a blob; a reader that has begun may finish. Does nothing where there is none. `confirm` is called once no new
   * reader can find the bytes: where it answers false they are put back. An object store cannot put them back: it confirms
   * first and gives up within `REMOVAL_MS` instead.
   */
  remove(digest: string, confirm?: () => Promise<boolean>): Promise<void>
  /** Makes a blob whose bytes do not hash to its digest unreachable, and keeps the bytes for people to look at. */
  quarantine(digest: string): Promise<void>
  /** Unfinished bytes that are no blob: temporary files, the bytes of upload sessions. */
  leftovers(): AsyncIterable<Leftover>
  discard(leftover: Leftover): Promise<void>
}

/** Implemented where clients can fetch a blob's bytes without this process. */
export interface Redirects {
  /** A URL that is good for so many seconds; undefined for a text that is no digest. */
  locationOf(digest: string, forSeconds: number): Promise<string | undefined>
}

/** Implemented where one process can see the bytes that another is still writing. */
export interface Follows {
  /** The bytes being written under this name (`BlobWriter.name`); undefined where they cannot be seen from here. */
  follow(name: string): Promise<GrowingBytes | undefined>
}

/** For callers that record, beside the blobs, what the blobs belong to: images can be restored from it when the store is lost. */
export interface WithNotes {
  readonly notes: Notes
}

/** Everything an adapter provides. Callers take the narrow interfaces; the optional ones are found by asking for their method. */
export interface BlobStore extends Blobs, Uploads, Inventory, WithNotes, Partial<Redirects>, Partial<Follows> {
  /** Removes everything, notes and unfinished bytes included. */
  clear(): Promise<void>
}

/** A blob's size, and a text that changes whenever its bytes may have: a file's times and inode, an object's ETag. */
export interface BlobStat {
  readonly size: number
  readonly version: string
}

/** Bytes that a process somewhere is appending to. */
export interface GrowingBytes {
  /** The number of bytes now. */
  size(): Promise<number>
  read(position: number, length: number): Promise<Buffer>
  /** Whether they are now stored as this blob; false also where that cannot be determined. */
  became(digest: string): Promise<boolean>
  close(): Promise<void>
}

/** A blob as the inventory lists it. */
export interface StoredBlob {
  readonly digest: string
  readonly size: number
}

/** Bytes that are no blob and may never become one. */
export interface Leftover {
  readonly kind: 'temporary' | 'upload'
  /** The name of a writer (`BlobWriter.name`) or of an upload session. */
  readonly name: string
  /** Epoch milliseconds by the machine's own time. */
  readonly modifiedAt: number
  /** Whether its writer is alive, or may be: then the bytes must not be discarded. */
  readonly mayBeInUse: boolean
}

/** No removal takes longer; a process that waits for a multiple of this knows that the remover died. Milliseconds. */
export const REMOVAL_MS = 10_000

/**
 * Texts by name, durable once `put` resolves. A name consists of segments joined by `/`, each of them of `[A-Za-z0-9._:+=@-]` and none
 * of them `.` or `..`.
 */
export interface Notes {
  get(name: string): Promise<string | undefined>
  put(name: string, text: string): Promise<void>
  remove(name: string): Promise<void>
  /** The names that begin with these segments, in no order. */
  list(under: string): AsyncIterable<string>
}

/** Consumes bytes, which may be overwritten once it resolves; when it rejects, no more follow. */
export type TakeChunk = (chunk: Uint8Array) => Promise<void>

export interface ByteRange {
  start: number
  end: number
}

/** Bytes on their way to becoming a blob. Nothing is visible under a digest before commit. */
export interface BlobWriter {
  /** Bytes appended so far. */
  readonly size: number
  /** The name under which other processes can follow the bytes; undefined where they cannot see them. */
  readonly name: string | undefined
  /** One append at a time; the chunk may be reused once it resolves. */
  append(chunk: Uint8Array): Promise<void>
  /** Bytes already appended, for readers of a transfer in flight, also while it is committed: at most `length`. */
  read(position: number, length: number): Promise<Buffer>
  /** Throws DigestMismatch where the bytes do not hash to `digest`; stores nothing yet. */
  verify(digest: string): Promise<void>
  /** Stores the bytes as `digest` (sha256 or sha512), durable once it resolves, or throws DigestMismatch and stores nothing. */
  commit(digest: string): Promise<void>
  /** Releases an upload session between requests; its bytes stay for `session(id)`. Safe to call after commit or abort. */
  close(): Promise<void>
  /** Drops the bytes. Safe to call after commit. */
  abort(): Promise<void>
}

/** The bytes do not hash to the digest they were to be stored under. */
export class DigestMismatch extends Error {
  override readonly name = 'DigestMismatch'
  constructor(expected: string, actual: string) {
    super(`expected ${expected}, got ${actual}`)
  }
}

/** The bytes stored under a digest no longer hash to it. They are quarantined: from now on there is no such blob. */
export class BlobDamaged extends Error {
  override readonly name = 'BlobDamaged'
  constructor(digest: string) {
    super(`the bytes kept as ${digest} are damaged`)
  }
}

/** The disk has no space left for the bytes. */
export class NoSpace extends Error {
  override readonly name = 'NoSpace'
}

/** The place where blobs are stored gave no usable answer, and retrying did not help. */
export class BlobsUnavailable extends Error {
  override readonly name = 'BlobsUnavailable'
}
