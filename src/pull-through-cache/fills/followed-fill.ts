import { setTimeout as sleep } from 'node:timers/promises'
import type { Blobs, Follows, GrowingBytes } from '../../registry/ports/blob-store.js'
import type { Leases, LeaseView } from '../../registry/ports/lease.js'
import { UpstreamFailure } from '../../registry/ports/upstream.js'
import type { GrowingBlob } from './growing-blob.js'

/** The transfer of a blob by another process, as far as this process can observe it. */
export interface FollowedFill {
  /**
   * Resolves when that process has finished or died; the caller then checks whether the blob is stored. Throws the
   * UpstreamFailure that the transfer ended with, or one if a later transfer has other bytes than clients were sent.
   */
  ended(): Promise<void>
  /**
   * Throws UpstreamFailure if the stored blob does not begin with the bytes that clients were sent. This happens if the
   * followed transfer failed between two polls and another transfer stored the blob.
   */
  requireSame(digest: string): Promise<void>
  /**
   * The bytes that a process had received when it died. Clients may have been sent them, so the next transfer continues
   * from them.
   */
  bytesLeft(): GrowingBytes | undefined
  /** Must be called when its bytes are no longer read. */
  close(): Promise<void>
}

/** The dependencies of a followed fill. */
export interface FollowedFillDeps {
  readonly leases: Pick<Leases, 'look'>
  readonly blobs: Pick<Blobs, 'send'> & Partial<Follows>
  readonly blob: GrowingBlob
  /** Called when there are bytes to read. */
  readonly onStarted: () => void
}

/** How often the file and the lease are polled. */
const POLL_EVERY_MS = 50

/** Follows the transfer under the lease `name`: its bytes if this process can read them, otherwise only its end. */
export function followedFill(name: string, { leases, blobs, blob, onStarted }: FollowedFillDeps): FollowedFill {
  let current: { writer: string; bytes: GrowingBytes } | undefined
  /** How many bytes clients may have been sent. */
  let visibleBytes = 0
  const openTransfers = new Set<GrowingBytes>()

  async function open({ following: writer }: LeaseView): Promise<void> {
    if (writer === undefined || writer === current?.writer) return
    const bytes = await blobs.follow?.(writer)
    if (!bytes) return
    openTransfers.add(bytes)
    if (current && !(await hasCaughtUp(bytes, current.bytes, visibleBytes))) {
      openTransfers.delete(bytes)
      return bytes.close()
    }
    current = { writer, bytes }
    blob.readFrom(bytes)
    onStarted()
  }

  return {
    bytesLeft: () => current?.bytes,
    async requireSame(digest) {
      if (!current || (await current.bytes.became(digest))) return
      await requireEqual(visibleBytes, current.bytes, storedBytes(digest, blobs))
    },
    close: async () => void (await Promise.all([...openTransfers].map((bytes) => bytes.close()))),
    async ended() {
      for (;;) {
        const view = await leases.look(name)
        if (view.failure) throw upstreamFailureOf(view.failure)
        if (!view.isHeld) return
        await open(view)
        if (current) blob.grewTo((visibleBytes = Math.max(visibleBytes, await current.bytes.size())))
        await sleep(POLL_EVERY_MS)
      }
    },
  }
}

type Readable = Pick<GrowingBytes, 'read'>

/** Bytes compared at a time. */
const CHUNK_BYTES = 256 * 1024

/**
 * Returns false while the next transfer has fewer bytes than clients may have been sent; throws if the bytes differ.
 */
async function hasCaughtUp(next: GrowingBytes, last: GrowingBytes, visibleBytes: number): Promise<boolean> {
  if ((await next.size()) < visibleBytes) return false
  await requireEqual(visibleBytes, last, next)
  return true
}

async function requireEqual(length: number, before: Readable, now: Readable): Promise<void> {
  for (let position = 0; position < length; position += CHUNK_BYTES) {
    const size = Math.min(CHUNK_BYTES, length - position)
    const [chunkBefore, chunkNow] = await Promise.all([before.read(position, size), now.read(position, size)])
    if (!chunkBefore.equals(chunkNow))
      throw new UpstreamFailure('unavailable', 'The upstream sent different bytes of a layer on a second attempt')
  }
}

/** Reads a stored blob; no bytes if it was removed. */
const storedBytes = (digest: string, blobs: Pick<Blobs, 'send'>): Readable => ({
  async read(position, length) {
    const chunks: Buffer[] = []
    const range = { start: position, end: position + length - 1 }
    await blobs.send(digest, range, async (chunk) => void chunks.push(Buffer.from(chunk)))
    return Buffer.concat(chunks)
  },
})

const kinds = ['not-found', 'access-denied', 'too-many-requests', 'unavailable', 'no-route'] as const

function upstreamFailureOf({ kind, message }: NonNullable<LeaseView['failure']>): UpstreamFailure {
  return new UpstreamFailure(kinds.find((known) => known === kind) ?? 'unavailable', message)
}
