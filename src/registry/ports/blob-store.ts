/**
 * Bytes by their digest, shared by every repository. A blob exists once committed and never changes; a byte sequence
 * under digest D hashed to D when it was stored.
 */
export interface BlobStore {
  size(digest: string): Promise<number | undefined>
  /**
   * Hands over bytes one chunk after the other; false when there is no such blob. `range` is inclusive of both ends and
   * must lie within the blob.
   */
  send(digest: string, range: ByteRange, take: TakeChunk): Promise<boolean>
  /** The whole of a small blob: a manifest, a config. */
  read(digest: string): Promise<Buffer | undefined>
  create(): Promise<BlobWriter>
  /** The writer of an upload session: the same `id` finds the same bytes again, also after a restart. */
  session(id: string): Promise<BlobWriter>
  /** Forgets everything. */
  clear(): Promise<void>
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

/** The disk has no room left for the bytes. */
export class NoSpace extends Error {
  override readonly name = 'NoSpace'
}
