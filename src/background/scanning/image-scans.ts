import type { EventLog } from '../../registry/event-log.js'
import { imageContents } from '../../registry/images/image-contents.js'
import { imageStatus } from '../../registry/images/storage-class.js'
import { listEach } from '../../registry/list-records.js'
import { type Blobs, BlobsUnavailable } from '../../registry/ports/blob-store.js'
import type { Clock } from '../../registry/ports/clock.js'
import { StoreUnavailable } from '../../registry/ports/key-value.js'
import type { Log } from '../../registry/ports/log.js'
import type { Scanner, ScanResult } from '../../registry/ports/scanner.js'
import { keyOf, type Store } from '../../registry/ports/store.js'
import type { Registry } from '../../registry/registry.js'
import type { PendingScan } from '../../registry/scanning/image-scan.js'
import { type EndedScan, endScan } from '../../registry/scanning/scan-end.js'
import { pendingScanKey } from '../../registry/scanning/scan-start.js'
import { anyDue } from '../any-due.js'
import { attemptEach } from '../attempt-each.js'
import type { Task } from '../tasks.js'

/** The dependencies of carrying out scans. */
export interface ImageScansDeps {
  readonly store: Store
  readonly blobs: Pick<Blobs, 'read'>
  readonly clock: Pick<Clock, 'now'>
  readonly events: Pick<EventLog, 'record'>
  readonly scanner: Scanner
  readonly log: Log
}

/**
 * The task that carries out the scans that were started, one after another: a scanner on this machine locks its
 * database. A scan that is interrupted is done again from the start.
 */
export const imageScansTask = (deps: ImageScansDeps): Task => ({
  name: 'image scans',
  everyMs: 5_000,
  watches: ['pendingScans'],
  isDue: () => anyDue(deps.store, deps.store.pendingScans),
  async run(stopSignal) {
    await attemptEach(await deps.store.registries(), async (registry) => {
      let ended = 0
      await attemptEach(listEach(deps.store.pendingScans, registry, {}), async (pending) => {
        if (stopSignal.aborted || ended >= MAX_PER_REGISTRY) return 'stop'
        if (await carryOut(deps, registry, pending, stopSignal)) ended += 1
      })
    })
  },
})

/** So that one registry does not keep the images of others waiting. What is left is due at once in the next run. */
const MAX_PER_REGISTRY = 20

/**
 * The event is recorded before the pending record is removed, so that it is not lost with the process. Returns false if
 * the scan is to be carried out later.
 */
async function carryOut(
  deps: ImageScansDeps,
  registry: Registry,
  pending: PendingScan,
  stopSignal: AbortSignal,
): Promise<boolean> {
  const ended = await endedScan(deps, registry, pending, stopSignal)
  if (ended === 'later') return false
  if (ended) await recordEvent(deps, registry, pending, ended)
  await deps.store.pendingScans.remove(registry, pendingScanKey(pending))
  return true
}

/** The image with its ended scan; undefined if the image or the scan no longer exists. */
async function endedScan(
  deps: ImageScansDeps,
  registry: Registry,
  pending: PendingScan,
  stopSignal: AbortSignal,
): Promise<EndedScan | 'later' | undefined> {
  const { store, clock } = deps
  const key = keyOf(pending.repository, pending.digest)
  const [image, scans] = await Promise.all([store.images.get(registry, key), store.imageScans.get(registry, key)])
  const scan = scans?.[pending.scanType]
  if (!image || scan?.startedAt !== pending.at) return undefined
  // An earlier run has ended the scan and was interrupted before it could remove the pending record.
  if (scan.status !== 'IN_PROGRESS') return { image, scan }
  let sourceVersion = await deps.scanner.sourceVersion()
  let result = await resultOf(deps, { registry, image, pending }, stopSignal)
  const versionAfter = await deps.scanner.sourceVersion()
  if (versionAfter !== sourceVersion) {
    // Continuous scanning has passed over this image, because its scan was in progress.
    sourceVersion = versionAfter
    result = await resultOf(deps, { registry, image, pending }, stopSignal)
  }
  if (result === 'later') return 'later'
  return endScan(store, registry, { pending, result, sourceVersion, now: await clock.now() })
}

/** How long a scan waits for bytes that a pull through is still bringing. */
const BYTES_WITHIN_MS = 3_600_000

interface ImageToScan {
  readonly registry: Registry
  readonly image: EndedScan['image']
  readonly pending: PendingScan
}

async function resultOf(
  { scanner, blobs, clock, log }: ImageScansDeps,
  { registry, image, pending }: ImageToScan,
  stopSignal: AbortSignal,
): Promise<Exclude<ScanResult, { outcome: 'bytes missing' }> | 'archived' | 'later'> {
  const now = await clock.now()
  if (imageStatus(image, now) === 'ARCHIVED') return 'archived'
  const contents = await imageContents(image, blobs)
  const target = contents && { registry, scanType: pending.scanType, image, contents }
  const result = target ? await scanner.scan(target, stopSignal).catch(failureOf(log, stopSignal)) : MISSING
  if (result.outcome === 'failed') log.warn({ image: image.digest, reason: result.description }, 'a scan failed')
  if (result.outcome !== 'bytes missing') return result
  if (now.getTime() < pending.at + BYTES_WITHIN_MS) return 'later'
  return { outcome: 'failed', description: 'The layers of the image are not available.' }
}

/**
 * A scan that fails with an error of the scanner has failed, so that the scans after it are not held up. One that is
 * interrupted, or finds a storage that is unavailable, is done again.
 */
const failureOf =
  (log: Log, stopSignal: AbortSignal) =>
  (err: unknown): ScanResult => {
    if (stopSignal.aborted || err instanceof StoreUnavailable || err instanceof BlobsUnavailable) throw err
    log.warn({ err }, 'the scanner has failed')
    return { outcome: 'failed', description: 'The scanner has failed.' }
  }

const MISSING = { outcome: 'bytes missing' } as const

/**
 * Records the event about a scan, with a time and an occurrence that are the same if it is recorded again.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
 */
function recordEvent(
  { events }: ImageScansDeps,
  registry: Registry,
  pending: PendingScan,
  { image: { repository, digest, tags }, scan }: EndedScan,
): Promise<void> {
  const detail = {
    'scan-status': scan.status,
    'repository-name': repository,
    'finding-severity-counts': scan.status === 'COMPLETE' ? { ...scan.completed?.severityCounts } : {},
    'image-digest': digest,
    'image-tags': [...tags],
  }
  const occurrence = keyOf('scan', pendingScanKey(pending))
  const event = {
    registry,
    repository,
    occurrence,
    'detail-type': 'ECR Image Scan',
    source: 'aws.ecr',
    detail,
  } as const
  return events.record(event, new Date(scan.endedAt ?? pending.at))
}
