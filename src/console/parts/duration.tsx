/** A duration in its two largest units, for example `1 d 3 h`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const parts = UNITS.map(({ unit, length, within }) => ({ unit, count: Math.floor((whole % within) / length) }))
  const first = parts.findIndex(({ count }) => count > 0)
  if (first === -1) return '0 s'
  return parts
    .slice(first, first + 2)
    .filter(({ count }) => count > 0)
    .map(({ count, unit }) => `${count.toLocaleString('en')} ${unit}`)
    .join(' ')
}

const UNITS = [
  { unit: 'd', length: 86_400, within: Infinity },
  { unit: 'h', length: 3_600, within: 86_400 },
  { unit: 'min', length: 60, within: 3_600 },
  { unit: 's', length: 1, within: 60 },
]

/** How long something has been or will take, rounded; the exact number of seconds is the tooltip. */
export const Duration = ({ seconds }: { readonly seconds: number }) => (
  <span title={`${Math.round(seconds).toLocaleString('en')} seconds`}>{formatDuration(seconds)}</span>
)
