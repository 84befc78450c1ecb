import { limitExceeded } from '../errors.js'
import { keyOf, type Records, type Store } from '../ports/store.js'
import type { Quotas } from '../quotas.js'
import type { Registry } from '../registry.js'
import type { ImageScans, PendingScan, Scan } from './image-scan.js'
import type { ScanType } from './scanning-records.js'
import { imageScanQuotaExceeded } from './scanning-errors.js'

/** 24 hours, the time to which both quotas of basic scanning apply. */
const DAY_MS = 86_400_000

const SCAN_COUNT = 'count'

/** A scan to be started. */
export interface NewScan {
  readonly repository: string
  readonly digest: string
  readonly scanType: ScanType
  /** Whether a user has asked for it. */
  readonly isManual: boolean
  readonly now: Date
}

/**
 * Starts the scan of an image: records it, and that it is still to be carried out. Returns undefined if there is no
 * such image. With basic scanning an image is scanned once in 24 hours, on push or manually, and a registry has a quota
 * of scans. Beyond these a manual scan is refused with LimitExceeded; on push the earlier scan stays, or LIMIT_EXCEEDED
 * is recorded for a registry beyond its quota.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-basic.html
 */
export const startScan = (
  store: Store,
  registry: Registry,
  { repository, digest, scanType, isManual, now }: NewScan,
  quotas: Pick<Quotas, 'scansPerDay'>,
): Promise<Scan | undefined> =>
  store.transact(registry, async (records) => {
    const key = keyOf(repository, digest)
    const [image, scans] = await Promise.all([records.images.get(registry, key), records.imageScans.get(registry, key)])
    if (!image) return undefined
    const at = now.getTime()
    const previous = scans?.[scanType]
    if (scanType === 'BASIC' && previous && isWithinADay(previous, at)) {
      if (isManual) throw imageScanQuotaExceeded()
      return previous
    }
    const isWithinQuota = scanType === 'ENHANCED' || (await countScan(records, registry, at, quotas))
    if (!isWithinQuota && isManual) throw limitExceeded()
    const { completed } = previous ?? {}
    const status = isWithinQuota ? 'IN_PROGRESS' : 'LIMIT_EXCEEDED'
    const scan: Scan = { startedAt: at, status, ...(completed && { completed }) }
    await records.imageScans.put(registry, key, withScan(scans, { repository, digest, scanType, scan }))
    if (!isWithinQuota) return scan
    const pending: PendingScan = { repository, digest, scanType, at }
    await records.pendingScans.put(registry, pendingScanKey(pending), pending)
    return scan
  })

/** The key of a scan to be carried out: in the order of time. */
export const pendingScanKey = ({ at, repository, digest, scanType }: PendingScan): string =>
  keyOf(String(at).padStart(15, '0'), repository, digest, scanType)

/** The scans of an image with this one among them. */
export const withScan = (
  scans: ImageScans | undefined,
  { repository, digest, scanType, scan }: Pick<NewScan, 'repository' | 'digest' | 'scanType'> & { readonly scan: Scan },
): ImageScans => ({ ...scans, repository, digest, [scanType]: scan })

const isWithinADay = ({ status, startedAt }: Scan, at: number) => status !== 'LIMIT_EXCEEDED' && at < startedAt + DAY_MS

/**
 * Counts a scan: from the first one on for 24 hours, then again from the next one on. Returns false and counts nothing
 * if the quota is used up.
 */
async function countScan(
  { scanCounts }: Pick<Records, 'scanCounts'>,
  registry: Registry,
  at: number,
  { scansPerDay }: Pick<Quotas, 'scansPerDay'>,
): Promise<boolean> {
  const stored = await scanCounts.get(registry, SCAN_COUNT)
  const current = stored && at < stored.since + DAY_MS ? stored : { since: at, count: 0 }
  if (current.count >= scansPerDay) return false
  await scanCounts.put(registry, SCAN_COUNT, { ...current, count: current.count + 1 })
  return true
}
