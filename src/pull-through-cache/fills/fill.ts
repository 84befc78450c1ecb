import type { Blobs, BlobWriter, ByteRange, Follows, TakeChunk, Uploads } from '../../registry/ports/blob-store.js'
import type { Lease, Leases } from '../../registry/ports/lease.js'
import type { Log } from '../../registry/ports/log.js'
import type { FillMetrics, Metrics } from '../../registry/ports/metrics.js'
import type { Pins } from '../../registry/ports/pins.js'
import { UpstreamFailure } from '../../registry/ports/upstream.js'
import type { ClientPriority } from './client-priority.js'
import { type FollowedFill, followedFill } from './followed-fill.js'
import { type GrowingBlob, growingBlob } from './growing-blob.js'
import { transfer, type TransferRequest } from './transfer.js'

/*
 * The states of a fill. Clients read the growing blob in any state. The fill continues even if all its clients
 * disconnect.
 *
 *            lease acquired,                       digest verified,
 *            blob not stored                       blob stored and confirmed
 *   start ──────────────────────► TRANSFERRING ──────────────────────────────► STORED
 *     │                              ▲      │                                    ▲
 *     │                              │      └── upstream fails for good, wrong   │
 *     │   lease acquired: its holder │          bytes, disk full ──► FAILED      │
 *     │   died; continues from the   │                                 ▲         │
 *     │   bytes it has left          │                                 │         │
 *     │                              │                                 │         │
 *     └─────────────────────────► FOLLOWING ── its holder failed, or ──┘         │
 *       another process holds        │         other bytes were stored           │
 *       the lease                    └── its holder has stored the blob ─────────┘
 *
 * If the blob is stored already and may be used, the fill goes from start to STORED as soon as it has the lease.
 * Clients receive: before the digest is verified, every byte that has arrived except the last of their range; then all;
 * when STORED, the bytes in the blob store; when FAILED, a broken connection.
 * A process that dies while TRANSFERRING leaves a temporary file, which the next process can read, and an expiring
 * lease.
 */

/** A blob on its way from the upstream into the cache, readable by any number of clients while it grows. */
export interface Fill {
  readonly size: number
  /** Bytes that have arrived so far. */
  readonly receivedBytes: number
  /** Resolves when the upstream begins to send; rejects with its failure before any client has seen a byte. */
  started(): Promise<void>
  /** Resolves when the blob is verified and stored; rejects when nothing was stored. */
  readonly done: Promise<void>
  /**
   * Passes the bytes of a range to `take` as they arrive, the last one once the digest is verified. Returns false if
   * the stored bytes have been removed meanwhile.
   */
  send(range: ByteRange, take: TakeChunk): Promise<boolean>
}

/** A blob to be fetched from an upstream. */
export interface FillRequest extends TransferRequest {
  /**
   * Whether bytes that are already stored under this digest may be used instead of fetching the upstream's. `isStored`
   * is called only if it matters.
   */
  mayReuse(isStored: () => Promise<boolean>): Promise<boolean>
  /** Called when the upstream's bytes are stored, before the lease is released to other processes. */
  confirm(): Promise<void>
}

/** The dependencies of a fill. */
export interface FillDeps {
  readonly blobs: Blobs & Uploads & Partial<Follows>
  readonly leases: Leases
  readonly pins: Pins
  readonly log: Log
  readonly metrics: Metrics
  /** Shared by all fills of the process. */
  readonly clients: ClientPriority
}

/** A fill in progress. */
interface FillRun extends FillDeps {
  readonly request: FillRequest
  /** The lease that allows only one transfer of the blob among all processes. */
  readonly leaseName: string
  readonly blob: GrowingBlob
  readonly started: () => void
  /** The transfer of another process that holds the lease. */
  readonly followed: FollowedFill
}

/** How many bytes are read ahead for one client and held in memory. */
const CHUNK_BYTES = 256 * 1024

/** A shorter transfer is not announced: before other processes could follow it, they can read the stored blob. */
const ANNOUNCE_AFTER_MS = 50

/**
 * Starts to fetch one blob into the cache. On a wrong digest, a wrong length, or an upstream that keeps failing,
 * nothing is stored and the clients' streams are broken off. While another process transfers the blob under the same
 * lease, clients are sent the bytes which that process receives; if it dies, this process takes over.
 */
export function startFill(leaseName: string, request: FillRequest, deps: FillDeps): Fill {
  const blob = growingBlob(request.size)
  let onStarted: () => void = () => {}
  const firstBytes = new Promise<void>((resolve) => (onStarted = resolve))
  const followed = followedFill(leaseName, { leases: deps.leases, blobs: deps.blobs, blob, onStarted })
  const filled = fillOrFollow({ ...deps, request, leaseName, blob, started: onStarted, followed }).then(
    () => blob.end('stored'),
    (error: unknown) => {
      blob.end(error)
      throw error
    },
  )
  const done = filled.finally(() => followed.close())
  const started = Promise.race([firstBytes, done])
  // There may be no client waiting: mark the rejections as handled.
  for (const promise of [started, done]) promise.catch(() => {})

  return {
    size: request.size,
    get receivedBytes() {
      return blob.size
    },
    started: () => deps.clients.serve(() => started),
    done,
    send: (range, take) => deps.clients.serve(() => sendAsItGrows(range, take, request.digest, blob, deps.blobs)),
  }
}

/** Transfers the blob, or follows the process that does, until the blob is stored. */
async function fillOrFollow(run: FillRun): Promise<void> {
  while (!(await fillIfFree(run))) await run.followed.ended()
}

/** Fills the blob if no other process holds the lease; returns whether it did. */
async function fillIfFree(run: FillRun): Promise<boolean> {
  const { request, followed, blobs } = run
  // Created while the lease is being acquired: then the upstream is asked as soon as it is. Removed before another
  // process is followed, because a file that does not change for an hour counts as left behind.
  const creating = blobs.create()
  creating.catch(() => {})
  try {
    const lease = await acquirePinned(run)
    if (!lease) return false
    const wasStored = await fillUnderLease(lease, creating, run)
    if (wasStored) await followed.requireSame(request.digest)
    return true
  } finally {
    await creating.then(
      (writer) => writer.abort(),
      () => {},
    )
  }
}

/** The lease, unless another process holds it. Pinned before the look-up: a blob that is found is not removed then. */
async function acquirePinned({ leaseName, request, leases, pins }: FillRun): Promise<Lease | undefined> {
  const acquiring = leases.tryAcquire(leaseName)
  try {
    const [lease] = await Promise.all([acquiring, pins.pin(request.digest)])
    return lease
  } catch (error) {
    // Otherwise this process would hold the lease for as long as it runs, and the layer could never be fetched.
    acquiring.then((lease) => lease?.release()).catch(() => {})
    throw error
  }
}

/** Transfers the blob unless it is stored already; returns whether it was. */
async function fillUnderLease(lease: Lease, creating: Promise<BlobWriter>, run: FillRun): Promise<boolean> {
  const { request, blobs, blob, started, followed, log, metrics, clients } = run
  let announcing: NodeJS.Timeout | undefined
  const onStarted = ({ name }: { name: string | undefined }) => {
    started()
    if (name !== undefined)
      announcing ??= setTimeout(() => {
        if (blob.size < request.size) announce(name, lease, log)
      }, ANNOUNCE_AFTER_MS)
  }
  try {
    const isStored = await request.mayReuse(async () => (await blobs.size(request.digest)) === request.size)
    if (!isStored)
      await measured(metrics, ({ received }) =>
        transfer(
          request,
          creating,
          { blob, onStarted, onReceived: received, beforeStoring: () => clients.whenServed() },
          followed.bytesLeft(),
        ),
      )
    await request.confirm()
    void lease.release()
    return isStored
  } catch (error) {
    void lease.release(error instanceof UpstreamFailure ? { kind: error.kind, message: error.message } : undefined)
    throw error
  } finally {
    clearTimeout(announcing)
  }
}

function announce(writer: string, lease: Lease, log: Log): void {
  lease
    .announce(writer)
    .catch((err: unknown) => log.warn({ err, lease: lease.name }, 'other processes cannot follow a transfer'))
}

async function measured(metrics: Metrics, work: (fill: FillMetrics) => Promise<void>): Promise<void> {
  const fill = metrics.fill()
  try {
    await work(fill)
    fill.ended('kept')
  } catch (error) {
    fill.ended('failed')
    throw error
  }
}

/** A client that keeps up is sent the arriving chunks from memory; a slower one is sent bytes from the file. */
async function sendAsItGrows(
  { start, end }: ByteRange,
  take: TakeChunk,
  digest: string,
  blob: GrowingBlob,
  blobs: Pick<Blobs, 'send'>,
): Promise<boolean> {
  for (let position = start; position <= end;) {
    if (blob.outcome === 'stored') return blobs.send(digest, { start: position, end }, take)
    if (blob.outcome) throw blob.outcome
    const available = blob.available(position, end)
    if (available <= 0) {
      await blob.changed()
      continue
    }
    position += await blob.pass(position, Math.min(CHUNK_BYTES, available), take)
  }
  return true
}
