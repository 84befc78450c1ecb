import type { ScanFrequency } from '@aws-sdk/client-ecr'
import StatusIndicator from '@cloudscape-design/components/status-indicator'

const FREQUENCIES = {
  CONTINUOUS_SCAN: ['success', 'Continuous'],
  SCAN_ON_PUSH: ['success', 'Scan on push'],
  MANUAL: ['info', 'Manual'],
} as const

/** When the images of a repository are scanned, as the AWS console names it. */
export const ScanFrequencyText = ({ frequency }: { readonly frequency: ScanFrequency | undefined }) => {
  if (frequency === undefined) return '–'
  const [type, text] = FREQUENCIES[frequency]
  return <StatusIndicator type={type}>{text}</StatusIndicator>
}
