/**
 * Bytes by their digest, shared by every repository. A blob exists once committed and never changes; a byte sequence
 * under digest D hashed to D when it was stored.
 */
export interface BlobStore {
  /**
   * How many bytes a blob has. `expected` is what its record says: where the two differ, a store that verifies what it
   * serves reads the bytes before it answers, and a damaged blob is none.
   */
  size(digest: string, expected?: number): Promise<number | undefined>
  /** What can be told of a blob without reading it. */
  stat(digest: string): Promise<BlobStat | undefined>
  /**
   * Hands over bytes one chunk after the other; false when there is no such blob. `range` is inclusive of both ends and
   * must lie within the blob. Throws BlobDamaged, before the last byte of the range, where the bytes are not what the
   * digest says.
   */
  send(digest: string, range: ByteRange, take: TakeChunk): Promise<boolean>
  /** The whole of a small blob: a manifest, a config. */
  read(digest: string): Promise<Buffer | undefined>
  create(): Promise<BlobWriter>
  /** The writer of an upload session: the same `id` finds the same bytes again, also after a restart. */
  session(id: string): Promise<BlobWriter>
  /** The bytes another process is writing under this name (`BlobWriter.name`); undefined where they cannot be seen from here. */
  follow(name: string): Promise<GrowingBytes | undefined>
  /** A URL where a client can fetch the bytes itself for so many seconds; undefined where they come through us. */
  locationOf(digest: string, forSeconds: number): Promise<string | undefined>
  /** Every blob, in no order. */
  list(): AsyncIterable<StoredBlob>
  /**
   * Forgets a blob; who is reading it may finish. Nothing happens where there is none. `mayGo` is asked once nobody can find
   * the bytes any more: where it answers false they are put back. An object store cannot, and gives up within
   * `REMOVAL_MS` instead.
   */
  remove(digest: string, mayGo?: () => Promise<boolean>): Promise<void>
  /** Takes a blob whose bytes are not what its name says out of reach, and keeps them for people to look at. */
  quarantine(digest: string): Promise<void>
  /** What was begun and is no blob: temporary files, the bytes of upload sessions. */
  leftovers(): AsyncIterable<Leftover>
  discard(leftover: Leftover): Promise<void>
  /** Small texts beside the blobs, durable once `put` resolves: what it takes to find the blobs' names again. */
  readonly notes: Notes
  /** Forgets everything. */
  clear(): Promise<void>
}

/** A blob's size, and a text that changes whenever its bytes may have: a file's times and inode, an object's ETag. */
export interface BlobStat {
  readonly size: number
  readonly version: string
}

/** Bytes that a process somewhere is appending to. */
export interface GrowingBytes {
  /** How many there are now. */
  size(): Promise<number>
  read(position: number, length: number): Promise<Buffer>
  /** Whether they are what is kept as this blob now; false also where that cannot be told. */
  became(digest: string): Promise<boolean>
  close(): Promise<void>
}

/** A blob, as far as looking after it goes. */
export interface StoredBlob {
  readonly digest: string
  readonly size: number
}

/** Bytes that are no blob, and may never become one. */
export interface Leftover {
  readonly kind: 'temporary' | 'upload'
  /** Of a writer (`BlobWriter.name`) or of an upload session. */
  readonly name: string
  /** Epoch milliseconds by the machine's own time. */
  readonly touchedAt: number
  /** Whether its writer is known to live, or may: nobody else may take the bytes away from it. */
  readonly mayBeInUse: boolean
}

/** Longer than this no removal takes: whoever waits for a multiple of it knows that the remover died. */
export const REMOVAL_MS = 10_000

/** Texts by name. A name is made of segments joined by `/`, each of them of `[A-Za-z0-9._:+=@-]`, none of them `.` or `..`. */
export interface Notes {
  get(name: string): Promise<string | undefined>
  put(name: string, text: string): Promise<void>
  remove(name: string): Promise<void>
  /** The names that begin with these segments, in no order. */
  list(under: string): AsyncIterable<string>
}

/** Takes bytes that may be overwritten once it resolves; when it rejects, no more follow. */
export type TakeChunk = (chunk: Uint8Array) => Promise<void>

export interface ByteRange {
  start: number
  end: number
}

/** Bytes on their way to becoming a blob. Nothing is visible under a digest before commit. */
export interface BlobWriter {
  /** Bytes appended so far. */
  readonly size: number
  /** Under which other processes may follow the bytes; undefined where they cannot see them. */
  readonly name: string | undefined
  /** One append at a time; the chunk may be reused once it resolves. */
  append(chunk: Uint8Array): Promise<void>
  /** Bytes already appended, for readers of a transfer in flight, also while it is committed: at most `length`. */
  read(position: number, length: number): Promise<Buffer>
  /** Throws DigestMismatch where the bytes do not hash to `digest`; keeps nothing yet. */
  verify(digest: string): Promise<void>
  /** Keeps the bytes as `digest` (sha256 or sha512), durable once it resolves, or throws DigestMismatch and keeps nothing. */
  commit(digest: string): Promise<void>
  /** Lets go of an upload session between requests; its bytes stay for `session(id)`. Safe to call after commit or abort. */
  close(): Promise<void>
  /** Drops the bytes. Safe to call after commit. */
  abort(): Promise<void>
}

/** The bytes do not hash to what they were to be kept as. */
export class DigestMismatch extends Error {
  override readonly name = 'DigestMismatch'
  constructor(expected: string, actual: string) {
    super(`expected ${expected}, got ${actual}`)
  }
}

/** The bytes kept under a digest do not hash to it any more. They are quarantined: the blob is not there from now on. */
export class BlobDamaged extends Error {
  override readonly name = 'BlobDamaged'
  constructor(digest: string) {
    super(`the bytes kept as ${digest} are damaged`)
  }
}

/** The disk has no room left for the bytes. */
export class NoSpace extends Error {
  override readonly name = 'NoSpace'
}

/** Where blobs are kept gave no usable answer, and asking again did not help. */
export class BlobsUnavailable extends Error {
  override readonly name = 'BlobsUnavailable'
}
