import { median, ratios } from './rounds.js'

/** A row of the result. */
export interface Row {
  readonly figure: string
  readonly ours: string
  readonly theirs: string
  readonly ratio: string
  readonly aim: string
  /** Undefined if there is no aim. */
  readonly met?: boolean
}

interface Comparison {
  readonly figure: string
  readonly ours: readonly number[]
  readonly theirs: readonly number[]
  readonly than: string
  readonly show: (value: number) => string
  /** The aim for the ratio of ours to theirs; absent if the row is only for information. */
  readonly aim?: { readonly atLeast: number } | { readonly atMost: number }
}

/** A row that compares: the medians of both, and the median and range of the ratios of the rounds. */
export function comparison({ figure, ours, theirs, than, show, aim }: Comparison): Row {
  const each = ratios(ours, theirs)
  const ratio = median(each)
  const range = `${times(Math.min(...each))}–${times(Math.max(...each))}`
  const shared = {
    figure,
    ours: show(median(ours)),
    theirs: `${show(median(theirs))} (${than})`,
    ratio: `${times(ratio)} [${range}]`,
  }
  if (!aim) return { ...shared, aim: 'for information' }
  return 'atLeast' in aim
    ? { ...shared, aim: `≥ ${times(aim.atLeast)}`, met: ratio >= aim.atLeast }
    : { ...shared, aim: `≤ ${times(aim.atMost)}`, met: ratio <= aim.atMost }
}

/** The aim of a row that is not a ratio but a value. */
export const atMost = (value: number, aim: number, show: (value: number) => string): Pick<Row, 'aim' | 'met'> => ({
  aim: `≤ ${show(aim)}`,
  met: value <= aim,
})

/** A row that only says why there is no result. */
export const skipped = (figure: string, why: string): Row => ({ figure, ours: '–', theirs: why, ratio: '–', aim: '–' })

export const perSecond = (value: number) => `${value >= 1000 ? (value / 1000).toFixed(1) + ' k' : value.toFixed(0)}/s`
export const perCpuSecond = (value: number) => `${(value / 1000).toFixed(1)} k/CPU-s`
export const gigabytesPerSecond = (value: number) => `${(value / 1e9).toFixed(2)} GB/s`
export const milliseconds = (value: number) => `${value.toFixed(0)} ms`
export const cpuPerGigabyte = (value: number) => `${value.toFixed(2)} CPU-s/GB`
export const megabytes = (value: number) => `${(value / 1e6).toFixed(0)} MB`

const times = (value: number) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2))

/** The rows as a Markdown table, which is readable as text and can be pasted into the README. */
export function markdown(rows: readonly Row[]): string {
  const heading = ['figure', 'ours', 'theirs', 'ratio [range]', 'aim', 'met']
  const lines = rows.map((row) => [row.figure, row.ours, row.theirs, row.ratio, row.aim, verdict(row)])
  const widths = heading.map((title, column) =>
    Math.max(...[heading, ...lines].map((line) => (line[column] ?? title).length)),
  )
  const line = (cells: string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [line(heading), line(widths.map((width) => '-'.repeat(width))), ...lines.map(line)].join('\n')
}

const verdict = ({ met }: Row) => (met === undefined ? '' : met ? 'yes' : 'NO')
