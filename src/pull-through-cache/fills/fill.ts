import type { Pins } from '../../registry/ports/pins.js'
import type { BlobStore, ByteRange, TakeChunk } from '../../registry/ports/blob-store.js'
import type { Lease, Leases } from '../../registry/ports/lease.js'
import type { Log } from '../../registry/ports/log.js'
import type { FillMetrics, Metrics } from '../../registry/ports/metrics.js'
import { UpstreamFailure } from '../../registry/ports/upstream.js'
import { following, type Following } from './followed-fill.js'
import { type Growth, newGrowth } from './growing-blob.js'
import { transfer, type TransferRequest } from './transfer.js'

/** A blob on its way from the upstream into the cache, readable by any number of clients while it grows. */
export interface Fill {
  readonly size: number
  /** Bytes that have come so far. */
  readonly received: number
  /** Resolves when the upstream begins to send; rejects with its failure before any client has seen a byte. */
  readonly started: Promise<void>
  /** Resolves when the blob is verified and kept; rejects when nothing was kept. */
  readonly done: Promise<void>
  /** Hands over a range's bytes as they arrive, the last one when the digest is verified; false when they are gone again. */
  send(range: ByteRange, take: TakeChunk): Promise<boolean>
}

/** A blob that is wanted from an upstream. */
export interface FillRequest extends TransferRequest {
  /** Whether bytes that are here already may be taken instead of the upstream's. */
  mayBeHad(): Promise<boolean>
  /** Called when the bytes are here and are the upstream's, before another process is told that they are. */
  kept(): Promise<void>
}

/** What a fill needs. */
export interface FillDeps {
  readonly blobs: BlobStore
  readonly leases: Leases
  readonly pins: Pins
  readonly log: Log
  readonly metrics: Metrics
}

interface Filling extends FillDeps {
  readonly request: FillRequest
  /** Of the lease that makes it one transfer for all processes. */
  readonly name: string
  readonly growth: Growth
  readonly started: () => void
  readonly others: Following
}

/** What one client may hold in memory: the bytes read ahead of it. */
const CHUNK_BYTES = 256 * 1024

/** A transfer that is over sooner need not be followed: others read the blob. */
const TELL_AFTER_MS = 50

/**
 * Starts to fill the cache with one blob. It goes on though every client leaves. A digest that does not match, a wrong
 * length, or an upstream that fails for good keeps nothing and breaks the clients' streams off. Where another process
 * transfers it under the lease `name` already, clients are given what that one brings, and the transfer is taken over if
 * it dies.
 */
export function startFill(name: string, request: FillRequest, deps: FillDeps): Fill {
  const growth = newGrowth()
  let tellStarted: () => void = () => {}
  const begun = new Promise<void>((resolve) => (tellStarted = resolve))
  const others = following(name, { ...deps, growth, started: tellStarted })
  const brought = bring({ ...deps, request, name, growth, started: tellStarted, others }).then(
    () => growth.end('kept'),
    (error: unknown) => {
      growth.end(error)
      throw error
    },
  )
  const done = brought.finally(() => others.close())
  const started = Promise.race([begun, done])
  for (const unheard of [started, done]) unheard.catch(() => {})

  return {
    size: request.size,
    get received() {
      return growth.size
    },
    started,
    done,
    send: (range, take) => sendAsItComes(range, take, request.digest, growth, deps.blobs),
  }
}

/** Transfers the blob, or follows whoever does, until it is here. */
async function bring(filling: Filling): Promise<void> {
  const { name, request, leases, pins, others } = filling
  for (;;) {
    // Touched before it is looked for: then what is found stays.
    const [lease] = await Promise.all([leases.tryAcquire(name), pins.pin(request.digest)])
    if (lease) {
      if (await wasHere(lease, filling)) await others.requireSame(request.digest)
      return
    }
    await others.untilFree()
  }
}

/** Transfers the blob, unless it was here already. */
async function wasHere(lease: Lease, filling: Filling): Promise<boolean> {
  const { request, blobs, growth, started, others, log, metrics } = filling
  let telling: NodeJS.Timeout | undefined
  const start = ({ name }: { name: string | undefined }) => {
    started()
    if (name !== undefined) telling ??= setTimeout(() => tell(name, lease, log), TELL_AFTER_MS)
  }
  try {
    const isHere = (await blobs.size(request.digest)) === request.size && (await request.mayBeHad())
    if (!isHere)
      await counted(metrics, ({ received }) =>
        transfer(request, blobs, { growth, started: start, received }, others.left()),
      )
    await request.kept()
    void lease.release()
    return isHere
  } catch (error) {
    void lease.release(error instanceof UpstreamFailure ? { kind: error.kind, message: error.message } : undefined)
    throw error
  } finally {
    clearTimeout(telling)
  }
}

function tell(name: string, lease: Lease, log: Log): void {
  lease.announce(name).catch((err: unknown) => log.warn({ err, lease: lease.name }, 'others cannot follow a transfer'))
}

async function counted(metrics: Metrics, work: (fill: FillMetrics) => Promise<void>): Promise<void> {
  const fill = metrics.fill()
  try {
    await work(fill)
    fill.ended('kept')
  } catch (error) {
    fill.ended('failed')
    throw error
  }
}

/** Clients that keep up are given the very bytes that came; those who lag read the file. */
async function sendAsItComes(
  { start, end }: ByteRange,
  take: TakeChunk,
  digest: string,
  growth: Growth,
  blobs: BlobStore,
): Promise<boolean> {
  for (let position = start; position <= end;) {
    if (growth.outcome === 'kept') return blobs.send(digest, { start: position, end }, take)
    if (growth.outcome) throw growth.outcome
    const available = growth.available(position, end)
    if (available <= 0) {
      await growth.further()
      continue
    }
    const chunk = await growth.read(position, Math.min(CHUNK_BYTES, available))
    position += chunk.length
    await take(chunk)
  }
  return true
}
