import Box from '@cloudscape-design/components/box'
import { type KeyboardEvent, type PointerEvent, useEffect, useId, useRef, useState } from 'react'
import { Bars, Lines, type Plot, type Series, TimeAxis, ValueAxis } from './chart-areas.js'
import { Patterns, Swatch } from './chart-marks.js'
import { spanOfTime } from './chart-times.js'
import type { ChartUnit } from './chart-units.js'
import './charts.css'

/** Values over time: stacked bars or lines, one place for each bucket. */
export interface TimeChartProps {
  readonly title: string
  readonly kind: 'bars' | 'lines'
  readonly unit: ChartUnit
  /** Start of each bucket in epoch milliseconds, the oldest first. */
  readonly starts: readonly number[]
  readonly bucketSeconds: number
  readonly series: readonly Series[]
  /** What the totals are of, for example `Last hour`. */
  readonly periodName: string
}

/**
 * A chart of our own: those of Cloudscape tell series apart by colour alone. It is a slider whose value is a bucket, so
 * that arrow keys go through it and a screen reader says what is there. The figures of the chosen bucket stand beneath.
 */
export function TimeChart(props: TimeChartProps) {
  const { title, kind, unit, starts, bucketSeconds, series, periodName } = props
  const id = useId()
  const { ref, width } = useWidth()
  const [chosen, choose] = useState<number>()
  const index = chosen === undefined ? undefined : Math.min(chosen, starts.length - 1)
  const textAt = (at: number) => {
    const values = series.map(({ title, values }) => `${title}: ${formatValue(values[at], unit)}`)
    return `${spanOfTime(starts[at] ?? 0, bucketSeconds)}. ${values.join(', ')}`
  }
  return (
    <div>
      <div
        ref={ref}
        className="chart"
        role="slider"
        tabIndex={0}
        aria-label={`${title}, over time`}
        aria-valuemin={0}
        aria-valuemax={starts.length - 1}
        aria-valuenow={index ?? starts.length - 1}
        aria-valuetext={textAt(index ?? starts.length - 1)}
        onFocus={() => choose(starts.length - 1)}
        onBlur={() => choose(undefined)}
        onKeyDown={(event) => chooseByKey(event, index ?? starts.length - 1, starts.length, choose)}
        onPointerMove={(event) => choose(bucketAt(event, width, starts.length))}
        onPointerLeave={() => choose(undefined)}
      >
        {width > 0 && <Drawing {...props} id={id} width={width} chosen={index} />}
      </div>
      <ul className="chart-legend">
        <li>
          <Box variant="small">{index === undefined ? periodName : spanOfTime(starts[index] ?? 0, bucketSeconds)}</Box>
        </li>
        {series.map(({ title, look, values, total }) => (
          <li key={title}>
            <Swatch look={look} isLine={kind === 'lines'} id={id} />
            <Box variant="small">
              {title}: <b>{index === undefined ? total : formatValue(values[index], unit)}</b>
            </Box>
          </li>
        ))}
      </ul>
    </div>
  )
}

const formatValue = (value: number | null | undefined, unit: ChartUnit) =>
  value === null || value === undefined ? 'none' : unit.format(value)

const HEIGHT = 220
/** Right of the plot there is room for half of the label of a time that is just past. */
const MARGIN = { left: 72, right: 30, top: 10, bottom: 24 }

const plotOf = (width: number): Plot => ({
  left: MARGIN.left,
  top: MARGIN.top,
  width: Math.max(width - MARGIN.left - MARGIN.right, 1),
  height: HEIGHT - MARGIN.top - MARGIN.bottom,
})

function Drawing(
  props: TimeChartProps & { readonly id: string; readonly width: number; readonly chosen: number | undefined },
) {
  const { kind, unit, starts, bucketSeconds, series, id, width, chosen } = props
  const plot = plotOf(width)
  const ticks = unit.ticks(...extentOf(kind, series))
  const step = plot.width / starts.length
  const from = starts[0] ?? 0
  const shared = { plot, unit, ticks, series }
  return (
    <svg width={width} height={HEIGHT} aria-hidden="true">
      <Patterns id={id} looks={series.map(({ look }) => look)} />
      <ValueAxis plot={plot} unit={unit} ticks={ticks} />
      <TimeAxis plot={plot} from={from} to={from + starts.length * bucketSeconds * 1_000} />
      {chosen !== undefined && (
        <rect className="chart-chosen" x={plot.left + chosen * step} y={plot.top} width={step} height={plot.height} />
      )}
      {kind === 'bars' ? <Bars {...shared} id={id} /> : <Lines {...shared} />}
    </svg>
  )
}

/** The smallest and the largest value that is drawn; of bars the largest sum. */
function extentOf(kind: TimeChartProps['kind'], series: readonly Series[]): [number, number] {
  const length = series[0]?.values.length ?? 0
  const drawn =
    kind === 'lines'
      ? series.flatMap(({ values }) => values.filter((value) => value !== null))
      : Array.from({ length }, (_, at) => series.reduce((sum, { values }) => sum + (values[at] ?? 0), 0))
  return drawn.length === 0 ? [1, 1] : [Math.min(...drawn), Math.max(...drawn)]
}

function chooseByKey(event: KeyboardEvent, index: number, length: number, choose: (index: number) => void): void {
  const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 }
  const ends = { Home: -length, End: length }
  const step = { ...steps, ...ends }[event.key]
  if (step === undefined) return
  event.preventDefault()
  choose(Math.min(length - 1, Math.max(0, index + step)))
}

function bucketAt({ clientX, currentTarget }: PointerEvent, width: number, length: number): number | undefined {
  const { left, width: inner } = plotOf(width)
  const at = Math.floor(((clientX - currentTarget.getBoundingClientRect().left - left) / inner) * length)
  return at >= 0 && at < length ? at : undefined
}

/** The width of an element, which follows the window. */
function useWidth() {
  const ref = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)))
    if (ref.current) observer.observe(ref.current)
    return () => observer.disconnect()
  }, [])
  return { ref, width }
}
