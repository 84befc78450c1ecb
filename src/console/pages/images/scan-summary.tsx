import type { ImageDetail, ImageScanStatus } from '@aws-sdk/client-ecr'
import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator'
import { failureOf } from '../../requests/request-failure.js'
import { useScan } from './image-requests.js'

/** Severities from the worst. */
export const SEVERITIES = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFORMATIONAL', 'UNDEFINED', 'UNTRIAGED'] as const

/** Counts of findings by severity, as the service returns them. */
export type SeverityCounts = Readonly<Partial<Record<string, number>>>

/** Counts of findings in words, the worst first. */
export function countsText(counts: SeverityCounts = {}): string {
  const found = SEVERITIES.filter((severity) => (counts[severity] ?? 0) > 0)
  return found.length === 0 ? 'No findings' : found.map((severity) => `${counts[severity]} ${severity}`).join(', ')
}

const TYPES: Readonly<Record<string, StatusIndicatorProps.Type>> = {
  ACTIVE: 'success',
  COMPLETE: 'success',
  FAILED: 'error',
  IN_PROGRESS: 'in-progress',
  PENDING: 'pending',
}

/** Whether the state of a scan will change by itself soon. */
export const isRunning = (status: ImageScanStatus | undefined): boolean =>
  status?.status === 'IN_PROGRESS' || status?.status === 'PENDING'

/** The state of a scan, and what it found. */
export function ScanState({
  status,
  counts,
}: {
  readonly status: ImageScanStatus | undefined
  readonly counts: SeverityCounts | undefined
}) {
  const { status: state = '–' } = status ?? {}
  const isDone = state === 'COMPLETE' || state === 'ACTIVE'
  const hasBad = isDone && ((counts?.CRITICAL ?? 0) > 0 || (counts?.HIGH ?? 0) > 0)
  return (
    <StatusIndicator type={hasBad ? 'warning' : (TYPES[state] ?? 'info')}>
      {isDone ? countsText(counts) : state}
    </StatusIndicator>
  )
}

/**
 * The scan of an image in a list. DescribeImages has it with enhanced scanning only, as in AWS; otherwise it is asked
 * for when the row is shown.
 */
export function ScanSummary({ image }: { readonly image: ImageDetail }) {
  const { repositoryName = '', imageDigest = '', imageScanStatus, imageScanFindingsSummary } = image
  const { data, error } = useScan(repositoryName, imageDigest, { enabled: imageScanStatus === undefined })
  if (imageScanStatus)
    return <ScanState status={imageScanStatus} counts={imageScanFindingsSummary?.findingSeverityCounts} />
  if (error) return <>{failureOf(error).code}</>
  if (data === null) return <>Not scanned</>
  if (data === undefined) return <>–</>
  return <ScanState status={data.imageScanStatus} counts={data.imageScanFindings?.findingSeverityCounts} />
}
