import type { SeverityCounts } from './finding.js'
import type { ScanFrequency, ScanType } from './scanning-records.js'

/**
 * The scans of one image, by scan type: a registry that returns to its previous scan type shows the scans that it had.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning.html
 */
export interface ImageScans extends Readonly<Partial<Record<ScanType, Scan>>> {
  readonly repository: string
  readonly digest: string
}

/** The latest scan of an image. Times are epoch milliseconds by the emulator's clock. */
export interface Scan {
  readonly startedAt: number
  readonly status: 'IN_PROGRESS' | 'COMPLETE' | 'FAILED' | 'UNSUPPORTED_IMAGE' | 'LIMIT_EXCEEDED' | 'IMAGE_ARCHIVED'
  readonly description?: string
  /** When it ended; absent while it is IN_PROGRESS. */
  readonly endedAt?: number
  /** The last scan that completed: this one, or an earlier one until this one has ended. */
  readonly completed?: CompletedScan
}

/** The result of a scan without its findings, which are a record of their own. */
export interface CompletedScan {
  readonly at: number
  /** When the source of the findings was last updated. */
  readonly sourceUpdatedAt?: number
  /** The version of the source, from which a continuous scan sees that there may be other findings. */
  readonly sourceVersion: string
  readonly severityCounts: SeverityCounts
}

/** A scan that is still to be carried out. The record is removed when its event has been recorded. */
export interface PendingScan {
  readonly repository: string
  readonly digest: string
  readonly scanType: ScanType
  /** `startedAt` of the scan. */
  readonly at: number
}

/** How many scans a registry has started since a time, for its quota of a day. */
export interface ScanCount {
  readonly since: number
  readonly count: number
}

/** What the API shows as the status of a scan. */
export interface ShownScan {
  readonly status: Scan['status'] | 'ACTIVE' | 'PENDING'
  readonly description?: string
  /** Set if the findings are shown. */
  readonly completed?: CompletedScan
}

/**
 * A scan as the API shows it. An image that is scanned continuously is ACTIVE from its first result on and keeps
 * showing the latest one, as captured in https://github.com/aws/aws-cli/issues/6759; before that, enhanced scanning is
 * PENDING.
 */
export function shownScan(scan: Scan, scanType: ScanType, frequency: ScanFrequency): ShownScan {
  const { status, description, completed } = scan
  const isEnhanced = scanType === 'ENHANCED'
  const mayBeActive =
    isEnhanced && frequency === 'CONTINUOUS_SCAN' && (status === 'COMPLETE' || status === 'IN_PROGRESS')
  if (mayBeActive && completed)
    return { status: 'ACTIVE', description: 'Continuous scan is selected for image.', completed }
  if (isEnhanced && status === 'IN_PROGRESS') return { status: 'PENDING' }
  return {
    status,
    ...(description !== undefined && { description }),
    ...(status === 'COMPLETE' && completed && { completed }),
  }
}
