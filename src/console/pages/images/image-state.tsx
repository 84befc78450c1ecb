import type { ImageDetail } from '@aws-sdk/client-ecr'
import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator'

const STATES: Readonly<Record<string, { readonly type: StatusIndicatorProps.Type; readonly text: string }>> = {
  ACTIVE: { type: 'success', text: 'Active' },
  ACTIVATING: { type: 'in-progress', text: 'Being restored' },
  ARCHIVED: { type: 'stopped', text: 'Archived' },
}

/** Whether an image can be pulled, or is archived, in words. */
export const stateText = (status: ImageDetail['imageStatus']): string => STATES[status ?? '']?.text ?? status ?? '–'

/** Whether an image can be pulled, or is archived. */
export const ImageState = ({ status }: { readonly status: ImageDetail['imageStatus'] }) => (
  <StatusIndicator type={STATES[status ?? '']?.type ?? 'info'}>{stateText(status)}</StatusIndicator>
)
