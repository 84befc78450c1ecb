import type { BlobStore, GrowingBytes } from '../../registry/ports/blob-store.js'
import type { Leases, LeaseView } from '../../registry/ports/lease.js'
import { UpstreamFailure } from '../../registry/ports/upstream.js'
import type { Growth } from './growing-blob.js'

/** What is seen of a transfer that another process carries out. */
export interface Following {
  /**
   * Resolves when that process is through, or dead: whoever waits looks then whether the blob is here. Throws the
   * UpstreamFailure it ended with, or one where the next transfer brings other bytes than clients were given.
   */
  untilFree(): Promise<void>
  /**
   * Throws UpstreamFailure where the blob that is here is not what clients were given so far: the transfer they followed
   * failed unseen, and another brought it.
   */
  requireSame(digest: string): Promise<void>
  /** The bytes that were there when it died: what clients may have seen of them, the next transfer goes on from. */
  left(): GrowingBytes | undefined
  /** Once nobody reads what it brought any more. */
  close(): Promise<void>
}

interface Deps {
  readonly leases: Pick<Leases, 'look'>
  readonly blobs: Pick<BlobStore, 'follow' | 'send'>
  readonly growth: Growth
  /** Told when there are bytes to be seen. */
  readonly started: () => void
}

/** How often the file and the lease are looked at. */
const LOOK_EVERY_MS = 50

/** Follows the transfer under a lease: its bytes where they can be seen, else its end. */
export function following(name: string, { leases, blobs, growth, started }: Deps): Following {
  let followed: { name: string; bytes: GrowingBytes } | undefined
  /** How many of the bytes clients may have. */
  let given = 0
  const opened = new Set<GrowingBytes>()

  async function open({ following: next }: LeaseView): Promise<void> {
    if (next === undefined || next === followed?.name) return
    const bytes = await blobs.follow(next)
    if (!bytes) return
    opened.add(bytes)
    if (followed && !(await isFurther(bytes, followed.bytes, given))) {
      opened.delete(bytes)
      return bytes.close()
    }
    followed = { name: next, bytes }
    growth.begin(bytes)
    started()
  }

  return {
    left: () => followed?.bytes,
    async requireSame(digest) {
      if (!followed || (await followed.bytes.became(digest))) return
      await requireEqual(given, followed.bytes, readerOf(digest, blobs))
    },
    close: async () => void (await Promise.all([...opened].map((bytes) => bytes.close()))),
    async untilFree() {
      for (;;) {
        const view = await leases.look(name)
        if (view.failure) throw failureOf(view.failure)
        if (!view.isHeld) return
        await open(view)
        if (followed) growth.advanceTo((given = Math.max(given, await followed.bytes.size())))
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
      }
    },
  }
}

type Readable = Pick<GrowingBytes, 'read'>

/** Bytes compared at a time. */
const CHUNK_BYTES = 256 * 1024

/** False while the next transfer has not got as far as the last. */
async function isFurther(next: GrowingBytes, last: GrowingBytes, given: number): Promise<boolean> {
  if ((await next.size()) < given) return false
  await requireEqual(given, last, next)
  return true
}

async function requireEqual(length: number, given: Readable, now: Readable): Promise<void> {
  for (let position = 0; position < length; position += CHUNK_BYTES) {
    const size = Math.min(CHUNK_BYTES, length - position)
    const [before, after] = await Promise.all([given.read(position, size), now.read(position, size)])
    if (!before.equals(after))
      throw new UpstreamFailure('unavailable', 'The upstream sent other bytes of a layer than it had begun with')
  }
}

/** Reads parts of a blob; nothing where it is gone. */
const readerOf = (digest: string, blobs: Pick<BlobStore, 'send'>): Readable => ({
  async read(position, length) {
    const chunks: Buffer[] = []
    const range = { start: position, end: position + length - 1 }
    await blobs.send(digest, range, async (chunk) => void chunks.push(Buffer.from(chunk)))
    return Buffer.concat(chunks)
  },
})

const kinds = ['not-found', 'access-denied', 'too-many-requests', 'unavailable', 'no-route'] as const

function failureOf({ kind, message }: NonNullable<LeaseView['failure']>): UpstreamFailure {
  return new UpstreamFailure(kinds.find((known) => known === kind) ?? 'unavailable', message)
}
