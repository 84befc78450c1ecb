import { UsageError } from '../config/usage-error.js'

/** A duration: milliseconds, or a number with a unit such as `90s`, `15m`, `24h` or `7d`. */
export type Duration = number | `${number}${keyof typeof MILLISECONDS}`

const MILLISECONDS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** A duration in milliseconds. Throws UsageError for anything that is not one, also where types are not checked. */
export function millisecondsOf(duration: Duration): number {
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?) ?(ms|s|m|h|d)$/.exec(String(duration)) ?? []
  const milliseconds =
    typeof duration === 'number' ? duration : Number(amount || NaN) * MILLISECONDS[unit as keyof typeof MILLISECONDS]
  if (Number.isFinite(milliseconds) && milliseconds >= 0) return milliseconds
  throw new UsageError(
    `A duration is a number of milliseconds, 0 or more, or a text such as '90s', '15m', '24h' or '7d', not ${shown(duration)}`,
  )
}

const shown = (value: unknown) => (typeof value === 'string' ? `'${value}'` : String(value))
