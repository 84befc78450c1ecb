import { fillOf, isBroken, type Look, Marker } from './chart-marks.js'
import { timeOfDay, timeTicks } from './chart-times.js'
import type { ChartUnit } from './chart-units.js'

/** What one series of a chart shows; null where there is nothing to show. */
export interface Series {
  readonly title: string
  readonly look: Look
  readonly values: readonly (number | null)[]
  /** Of the whole period, shown while no bucket is chosen. */
  readonly total: string
}

/** The space between the axes. */
export interface Plot {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

interface AreaProps {
  readonly plot: Plot
  readonly unit: ChartUnit
  readonly ticks: readonly number[]
  readonly series: readonly Series[]
}

/** The lines of the values, with their amounts at the left. */
export const ValueAxis = ({ plot, unit, ticks }: Omit<AreaProps, 'series'>) =>
  ticks.map((tick) => {
    const y = plot.top + plot.height * (1 - unit.position(tick, ticks))
    return (
      <g key={tick}>
        <line className="chart-grid" x1={plot.left} x2={plot.left + plot.width} y1={y} y2={y} />
        <text x={plot.left - 8} y={y} textAnchor="end" dominantBaseline="middle">
          {unit.tick(tick)}
        </text>
      </g>
    )
  })

/** Room for the label of one time. */
const LABEL_WIDTH = 64

/** The times beneath the chart. */
export const TimeAxis = ({ plot, from, to }: { readonly plot: Plot; readonly from: number; readonly to: number }) =>
  timeTicks(from, to, Math.max(2, plot.width / LABEL_WIDTH)).map((tick) => {
    const x = plot.left + (plot.width * (tick - from)) / (to - from)
    const bottom = plot.top + plot.height
    return (
      <g key={tick}>
        <line className="chart-grid" x1={x} x2={x} y1={bottom} y2={bottom + 5} />
        <text x={x} y={bottom + 18} textAnchor="middle">
          {timeOfDay(tick)}
        </text>
      </g>
    )
  })

/** What is not nothing is seen, however small it is beside the others. */
const LEAST_HEIGHT = 2

/** Bars, those of one bucket on top of each other. */
export function Bars({ plot, unit, ticks, series, id }: AreaProps & { readonly id: string }) {
  const step = plot.width / (series[0]?.values.length ?? 1)
  const gap = step > 5 ? 1 : 0
  const heightOf = (value: number) =>
    value === 0 ? 0 : Math.max(LEAST_HEIGHT, plot.height * unit.position(value, ticks))
  return series.map(({ title, look, values }, of) => (
    <g key={title} className={`chart-${look}`}>
      {values.map((value, at) => {
        const below = series.slice(0, of).reduce((sum, { values }) => sum + heightOf(values[at] ?? 0), 0)
        const height = heightOf(value ?? 0)
        const [x, y] = [plot.left + at * step + gap / 2, plot.top + plot.height - below - height]
        return height > 0 && <rect key={at} x={x} y={y} width={step - gap} height={height} fill={fillOf(look, id)} />
      })}
    </g>
  ))
}

/** Lines from bucket to bucket, broken off where there is no value, with a marker at each. */
export function Lines({ plot, unit, ticks, series }: AreaProps) {
  const step = plot.width / (series[0]?.values.length ?? 1)
  const pointOf = (value: number, at: number) => ({
    x: plot.left + (at + 0.5) * step,
    y: plot.top + plot.height * (1 - unit.position(value, ticks)),
  })
  return series.map(({ title, look, values }) => {
    const points = values.map((value, at) => (value === null ? undefined : pointOf(value, at)))
    const path = points.map((point, at) => (point ? `${points[at - 1] ? 'L' : 'M'}${point.x} ${point.y}` : ''))
    return (
      <g key={title} className={`chart-${look}`}>
        <path className="chart-line" d={path.join('')} strokeDasharray={isBroken(look) ? '5 4' : undefined} />
        {points.map((point, at) => point && <Marker key={at} look={look} x={point.x} y={point.y} />)}
      </g>
    )
  })
}
