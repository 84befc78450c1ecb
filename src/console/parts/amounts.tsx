import { formatBytes } from '../../registry/amounts.js'

/** A time as people read it, in their own time zone, with the exact one in ISO 8601 as the tooltip. */
export function Time({ value }: { readonly value: Date | string | undefined }) {
  if (value === undefined) return <>–</>
  const time = new Date(value)
  return (
    <time dateTime={time.toISOString()} title={time.toISOString()}>
      <span style={NOWRAP}>{time.toLocaleDateString(undefined, { dateStyle: 'medium' })},</span>{' '}
      <span style={NOWRAP}>{time.toLocaleTimeString(undefined, { timeStyle: 'medium' })}</span>
    </time>
  )
}

/** A narrow column breaks the line between date and time, not within them. */
const NOWRAP = { whiteSpace: 'nowrap' } as const

/** A size, rounded; the exact number of bytes is the tooltip. */
export const Bytes = ({ value }: { readonly value: number | undefined }) =>
  value === undefined ? <>–</> : <span title={`${value.toLocaleString('en')} bytes`}>{formatBytes(value)}</span>
