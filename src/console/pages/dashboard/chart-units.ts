import { formatBytes, formatMilliseconds } from '../../../registry/amounts.js'

/** How the values of a chart are written, and where its axis has ticks. */
export interface ChartUnit {
  /** A value in words, with its unit. */
  readonly format: (value: number) => string
  /** The same for the axis, where there is less room. */
  readonly tick: (value: number) => string
  /** The values at which the axis has a line, from the bottom to the top, for values between these. */
  readonly ticks: (smallest: number, largest: number) => number[]
  /** Where between the bottom (0) and the top (1) of these ticks a value is drawn. */
  readonly position: (value: number, ticks: readonly number[]) => number
}

const whole = new Intl.NumberFormat('en')
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

/** Numbers of things. */
export const counts: ChartUnit = {
  format: (value) => whole.format(value),
  tick: (value) => compact.format(value),
  ticks: (_, largest) => evenTicks(largest, 1),
  position: linear,
}

/** Sizes, with ticks at round numbers of KiB, MiB, … */
export const bytes: ChartUnit = {
  format: formatBytes,
  tick: (value) => formatBytes(value).replace('.0 ', ' '),
  ticks(_, largest) {
    const unit = 1024 ** Math.floor(Math.log2(Math.max(largest, 1)) / 10)
    return evenTicks(largest / unit, unit === 1 ? 1 : 0).map((tick) => tick * unit)
  },
  position: linear,
}

/** Durations in milliseconds. The axis is logarithmic, because an upstream is a thousand times slower than a cache. */
export const durations: ChartUnit = {
  format: formatMilliseconds,
  tick: formatMilliseconds,
  ticks(smallest, largest) {
    const [from, to] = [Math.floor(Math.log10(smallest)), Math.ceil(Math.log10(largest))]
    return Array.from({ length: Math.max(to - from, 1) + 1 }, (_, index) => 10 ** (from + index))
  },
  position(value, ticks) {
    const [bottom = 1, top = 10] = [ticks[0], ticks.at(-1)]
    return Math.log(value / bottom) / Math.log(top / bottom)
  },
}

function linear(value: number, ticks: readonly number[]): number {
  return value / (ticks.at(-1) ?? 1)
}

/** About four steps of 1, 2 or 5 times a power of ten, from zero to at least the largest value. */
function evenTicks(largest: number, smallestStep: number): number[] {
  const rough = Math.max(largest, Number.MIN_VALUE) / 4
  const power = 10 ** Math.floor(Math.log10(rough))
  const factor = [1, 2, 5].find((one) => rough <= one * power) ?? 10
  const step = largest > 0 ? Math.max(factor * power, smallestStep) : 1
  const count = Math.max(1, Math.ceil(largest / step))
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12)))
}
