import { setTimeout as sleep } from 'node:timers/promises'
import { uploadLease } from '../registry/layers/upload-lease.js'
import { findUpload, type UploadSession } from '../registry/layers/layer-upload.js'
import type { Lease, Leases } from '../registry/ports/lease.js'
import type { Store } from '../registry/ports/store.js'
import { OciError } from './oci-errors.js'

/** Passes bytes on for as long as the lock is held; throws 409 with the next bytes once it is lost. */
export type WhileLocked = (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>

/**
 * Locks that let only one request at a time write to an upload, even if several data planes receive requests for it.
 */
export interface UploadLocks {
  /** Whether a request of this process holds the lock. */
  isLocked(id: string): boolean
  /**
   * Runs work that writes to an upload. Throws 409 if another request is writing to it, because the bytes of a second
   * writer would end up in the wrong place. A client whose data plane died can continue at another one once the lease
   * has expired.
   */
  withLock<R>(session: UploadSession, work: (whileLocked: WhileLocked) => Promise<R>): Promise<R>
}

interface HeldLock {
  readonly lease: Lease
  /** By `performance.now()`. */
  readonly acquiredAt: number
}

interface RetainedLock extends HeldLock {
  readonly releaseTimer: NodeJS.Timeout
}

/**
 * A lock is retained for a moment after its request: the next chunk usually reaches the same data plane and then needs
 * no access to the store. It is retained for at most a second in all, so that other data planes are not starved.
 */
const RETAIN_MS = 50
const MAX_HELD_MS = 1000

/** A lease that another process holds for longer than it would be retained belongs to a request that is writing. */
const WRITING_AFTER_MS = 2 * RETAIN_MS

/** How often to retry a lease that another process holds. */
const RETRY_MS = 25

interface LockDeps {
  readonly leases: Leases
  readonly store: Store
}

/** The upload locks of one data plane. */
export function uploadLocks(deps: LockDeps): UploadLocks {
  const locked = new Set<string>()
  const retained = new Map<string, RetainedLock>()

  function retain(id: string, lock: HeldLock): void {
    const release = () => {
      retained.delete(id)
      void lock.lease.release()
    }
    if (performance.now() - lock.acquiredAt > MAX_HELD_MS) return release()
    retained.set(id, { ...lock, releaseTimer: setTimeout(release, RETAIN_MS) })
  }

  function takeRetained(id: string): HeldLock | undefined {
    const lock = retained.get(id)
    if (!lock) return undefined
    clearTimeout(lock.releaseTimer)
    retained.delete(id)
    return lock.lease.isLost ? undefined : lock
  }

  return {
    isLocked: (id) => locked.has(id),
    async withLock(session, work) {
      const { id } = session
      if (locked.has(id)) throw isLockedElsewhere()
      locked.add(id)
      try {
        const lock = takeRetained(id) ?? (await acquireLock(session, deps))
        return await work((bytes) => untilLost(bytes, lock.lease)).finally(() => retain(id, lock))
      } finally {
        locked.delete(id)
      }
    },
  }
}

async function* untilLost(bytes: AsyncIterable<Uint8Array>, lease: Lease): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of bytes) {
    if (lease.isLost) throw isLockedElsewhere()
    yield chunk
  }
}

/** Requires that the upload exists first: clients can send any id, and each lease is a record in the store. */
async function acquireLock(session: UploadSession, { leases, store }: LockDeps): Promise<HeldLock> {
  await findUpload({ store }, session)
  const name = uploadLease(session.id)
  const startedAt = performance.now()
  for (;;) {
    const lease = await leases.tryAcquire(name)
    if (lease) return { lease, acquiredAt: performance.now() }
    const { isAlive } = await leases.look(name)
    if (isAlive && performance.now() - startedAt > WRITING_AFTER_MS) throw isLockedElsewhere()
    await sleep(RETRY_MS)
  }
}

const isLockedElsewhere = () => new OciError(409, 'BLOB_UPLOAD_INVALID', 'Another request is writing to this upload')
