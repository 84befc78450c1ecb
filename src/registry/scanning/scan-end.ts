import type { Image } from '../images/image.js'
import type { ScanResult } from '../ports/scanner.js'
import { keyOf, type Store } from '../ports/store.js'
import type { Registry } from '../registry.js'
import { countSeverities } from './finding.js'
import type { PendingScan, Scan } from './image-scan.js'
import { withScan } from './scan-start.js'
import { type PackedFindings, packFindings } from './stored-findings.js'

/** A scan that has ended, with its image. */
export interface EndedScan {
  readonly image: Image
  readonly scan: Scan
}

/** How a scan has ended. */
export interface ScanEnd {
  readonly pending: PendingScan
  readonly result: Exclude<ScanResult, { outcome: 'bytes missing' }> | 'archived'
  readonly sourceVersion: string
  readonly now: Date
}

/**
 * Records the result of a scan: status and findings in one transaction. Returns undefined and records nothing if the
 * image was deleted, or another scan of it has started meanwhile.
 */
export async function endScan(
  store: Store,
  registry: Registry,
  { pending, result, sourceVersion, now }: ScanEnd,
): Promise<EndedScan | undefined> {
  const { repository, digest, scanType } = pending
  const key = keyOf(repository, digest)
  const { packed, status } = await outcomeOf(result, sourceVersion, now)
  return store.transact(registry, async (records) => {
    const [image, scans] = await Promise.all([records.images.get(registry, key), records.imageScans.get(registry, key)])
    const started = scans?.[scanType]
    if (!image || started?.startedAt !== pending.at) return undefined
    const scan: Scan = { ...started, ...status, endedAt: now.getTime() }
    await records.imageScans.put(registry, key, withScan(scans, { repository, digest, scanType, scan }))
    if (packed) {
      const findings = await records.imageFindings.get(registry, key)
      await records.imageFindings.put(registry, key, { ...findings, [scanType]: packed })
    }
    return { image, scan }
  })
}

type Outcome = Pick<Scan, 'status' | 'description' | 'completed'>

async function outcomeOf(
  result: ScanEnd['result'],
  sourceVersion: string,
  now: Date,
): Promise<{ readonly status: Outcome; readonly packed?: PackedFindings }> {
  if (result === 'archived')
    return {
      status: { status: 'IMAGE_ARCHIVED', description: 'The specified image is archived and cannot be scanned.' },
    }
  if (result.outcome !== 'complete') {
    const status = result.outcome === 'failed' ? 'FAILED' : 'UNSUPPORTED_IMAGE'
    return { status: { status, description: result.description } }
  }
  const { packed, kept } = await packFindings(result.findings)
  const { sourceUpdatedAt } = result
  const completed = {
    at: now.getTime(),
    ...(sourceUpdatedAt !== undefined && { sourceUpdatedAt }),
    sourceVersion,
    severityCounts: countSeverities(kept),
  }
  return { packed, status: { status: 'COMPLETE', description: COMPLETED, completed } }
}

const COMPLETED = 'The scan was completed successfully.'
