/*
 * Amounts as text, for events, the log and the command line.
 */

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

/** A number of bytes as text, for example `1.5 MiB`. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1024 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10))
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${UNITS[power]}`
}

/** A count with its noun in the singular or plural, for example `2 layers`. */
export const formatCount = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`

const UNITS_OF_TIME = [
  { unit: 'd', length: 86_400, within: Infinity },
  { unit: 'h', length: 3_600, within: 86_400 },
  { unit: 'min', length: 60, within: 3_600 },
  { unit: 's', length: 1, within: 60 },
]

/** A duration in its two largest units, for example `1 d 3 h`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const parts = UNITS_OF_TIME.map(({ unit, length, within }) => ({ unit, count: Math.floor((whole % within) / length) }))
  const first = parts.findIndex(({ count }) => count > 0)
  if (first === -1) return '0 s'
  return parts
    .slice(first, first + 2)
    .filter(({ count }) => count > 0)
    .map(({ count, unit }) => `${count.toLocaleString('en')} ${unit}`)
    .join(' ')
}

/** How long an answer took, in three digits: `1.23 ms`, `812 ms`, `4.1 s`, `2.5 min`. */
export function formatMilliseconds(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Number(milliseconds.toPrecision(3))} ms`
  if (milliseconds < 60_000) return `${Number((milliseconds / 1_000).toPrecision(3))} s`
  return `${Number((milliseconds / 60_000).toPrecision(3)).toLocaleString('en')} min`
}
