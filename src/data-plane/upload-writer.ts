import { findUpload, type UploadSession } from '../registry/layers/layer-upload.js'
import type { Lease, Leases } from '../registry/ports/lease.js'
import type { Store } from '../registry/ports/store.js'
import { uploadLease } from '../registry/layers/upload-lock.js'
import { OciError } from './oci-errors.js'

/** Uploads a request of this process is writing to. */
const busy = new Set<string>()

/** Passes bytes on for as long as the upload is ours to write to. */
export type WhileOurs = (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>

/** The right to write to an upload, since when by this process's watch. */
interface Claim {
  readonly lease: Lease
  readonly since: number
}

/**
 * Claims of requests that ended a moment ago: mostly the next part comes to the same plane, and costs the store nothing.
 * In the end the other planes have their turn.
 */
const lingering = new Map<string, Claim & { readonly release: NodeJS.Timeout }>()
const LINGER_MS = 50
const LONGEST_MS = 1000

/** A lease that is held for longer than this is not lingering: somebody writes. */
const WRITING_AFTER_MS = 2 * LINGER_MS

/** How often it is looked whether another process that was writing still is, and lives. */
const LOOK_EVERY_MS = 25

/** Whether a request of this process is writing to the upload. */
export const isBusy = (id: string) => busy.has(id)

/**
 * Refuses a second writer, whichever plane it came to: its bytes could only land in the wrong place. A client whose plane
 * died goes on at another, once that one has seen that nobody lives. `work` is given what refuses the bytes of a writer
 * that was itself taken for dead.
 */
export async function soleWriter<R>(
  session: UploadSession,
  { leases, store }: { readonly leases: Leases; readonly store: Store },
  work: (whileOurs: WhileOurs) => Promise<R>,
): Promise<R> {
  const { id } = session
  if (busy.has(id)) throw taken()
  busy.add(id)
  try {
    const claimed = lingered(id) ?? (await claimOf(session, leases, store))
    return await work((bytes) => unlessLost(bytes, claimed.lease)).finally(() => linger(id, claimed))
  } finally {
    busy.delete(id)
  }
}

async function* unlessLost(bytes: AsyncIterable<Uint8Array>, lease: Lease): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of bytes) {
    if (lease.isLost) throw taken()
    yield chunk
  }
}

/** Nobody gets a lease for what is no upload: ids are the client's to write. */
async function claimOf(session: UploadSession, leases: Leases, store: Store): Promise<Claim> {
  await findUpload({ store }, session)
  return claim(uploadLease(session.id), leases)
}

function linger(id: string, { lease, since }: Claim): void {
  const release = () => {
    lingering.delete(id)
    void lease.release()
  }
  if (performance.now() - since > LONGEST_MS) return release()
  lingering.set(id, { lease, since, release: setTimeout(release, LINGER_MS) })
}

function lingered(id: string): Claim | undefined {
  const kept = lingering.get(id)
  if (!kept) return undefined
  clearTimeout(kept.release)
  lingering.delete(id)
  return kept.lease.isLost ? undefined : kept
}

async function claim(name: string, leases: Leases): Promise<Claim> {
  const began = performance.now()
  for (;;) {
    const lease = await leases.tryAcquire(name)
    if (lease) return { lease, since: performance.now() }
    const { isAlive } = await leases.look(name)
    if (isAlive && performance.now() - began > WRITING_AFTER_MS) throw taken()
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}

const taken = () => new OciError(409, 'BLOB_UPLOAD_INVALID', 'Another request is writing to this upload')
