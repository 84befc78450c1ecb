import { formatDuration } from '../../registry/amounts.js'

/** How long something has been or will take, rounded; the exact number of seconds is the tooltip. */
export const Duration = ({ seconds }: { readonly seconds: number }) => (
  <span title={`${Math.round(seconds).toLocaleString('en')} seconds`}>{formatDuration(seconds)}</span>
)
