import type { Statistics, StatisticsBucket } from '../../../control-plane/admin/admin-answers.js'
import { Time } from '../../parts/amounts.js'
import type { Column } from '../../parts/resource-table.js'
import type { Look } from './chart-marks.js'
import { bytes, type ChartUnit, counts, durations } from './chart-units.js'
import { Picture } from './picture.js'
import { TimeChart } from './time-chart.js'

/** One figure of each bucket. */
interface Figure {
  readonly title: string
  readonly look: Look
  readonly of: (span: Statistics['total']) => number | null
}

/** A picture over time. */
interface TimePicture {
  readonly id: string
  readonly title: string
  readonly description: string
  readonly kind: 'bars' | 'lines'
  readonly unit: ChartUnit
  readonly figures: readonly Figure[]
  /** What is missing where there is nothing to show, for example `No pulls`. */
  readonly nothing: string
}

const figure = (title: string, look: Look, of: Figure['of']): Figure => ({ title, look, of })

/** The pictures over time, in their order on the page. */
export const timePictures = (bucketName: string): readonly TimePicture[] => [
  {
    id: 'pulls',
    title: `Pulls per ${bucketName}`,
    description: 'Images that clients pulled: those that were cached, and those for which an upstream was asked.',
    kind: 'bars',
    unit: counts,
    figures: [
      figure('From cache', 'cache', ({ pulls }) => pulls.cache),
      figure('From upstream', 'upstream', ({ pulls }) => pulls.upstream),
    ],
    nothing: 'No pulls',
  },
  {
    id: 'bytes',
    title: `Bytes per ${bucketName}`,
    description: 'What clients were sent. The upstream was spared what came from the cache.',
    kind: 'bars',
    unit: bytes,
    figures: [
      figure('From cache', 'cache', ({ bytes }) => bytes.cache),
      figure('From upstream', 'upstream', ({ bytes }) => bytes.upstream),
    ],
    nothing: 'No bytes were sent',
  },
  {
    id: 'latency',
    title: 'Latency of manifests',
    description:
      'How long clients waited, cached (warm) or imported for them (cold): half at most p50, 95 % at most p95.',
    kind: 'lines',
    unit: durations,
    figures: [
      figure('Warm p50', 'cache', ({ latency }) => latency.warm.p50),
      figure('Warm p95', 'cache-slow', ({ latency }) => latency.warm.p95),
      figure('Cold p50', 'upstream', ({ latency }) => latency.cold.p50),
      figure('Cold p95', 'upstream-slow', ({ latency }) => latency.cold.p95),
    ],
    nothing: 'No manifests were pulled',
  },
  {
    id: 'checks',
    title: 'Upstream checks',
    description:
      'Whether a cached tag has moved is asked at most once in 24 hours. If that fails, the cached image is served.',
    kind: 'bars',
    unit: counts,
    figures: [
      figure('Answered', 'cache', ({ checks }) => checks.answered),
      figure('Failed', 'failed', ({ checks }) => checks.failed),
    ],
    nothing: 'No upstream was checked',
  },
]

/** Shows one picture over time with its table. */
export function PictureOverTime({
  picture,
  statistics: { buckets, bucketSeconds, total },
  periodName,
}: {
  readonly picture: TimePicture
  readonly statistics: Statistics
  readonly periodName: string
}) {
  const { id, title, description, kind, unit, figures, nothing } = picture
  const textOf = (value: number | null) => (value === null ? '–' : unit.format(value))
  const columns: Column<StatisticsBucket>[] = [
    {
      id: 'start',
      header: 'From',
      text: ({ start }) => start,
      cell: ({ start }) => <Time value={start} />,
      isRowHeader: true,
    },
    ...figures.map((figure) => ({
      id: figure.title,
      header: figure.title,
      text: (bucket: StatisticsBucket) => figure.of(bucket) ?? undefined,
      cell: (bucket: StatisticsBucket) => textOf(figure.of(bucket)),
    })),
  ]
  return (
    <Picture
      id={id}
      title={title}
      description={description}
      isEmpty={figures.every((figure) => (figure.of(total) ?? 0) === 0)}
      empty={`${nothing} in the ${periodName.toLowerCase()}.`}
      chart={
        <TimeChart
          title={title}
          kind={kind}
          unit={unit}
          starts={buckets.map(({ start }) => Date.parse(start))}
          bucketSeconds={bucketSeconds}
          series={figures.map(({ title, look, of }) => ({
            title,
            look,
            values: buckets.map(of),
            total: textOf(of(total)),
          }))}
          periodName={periodName}
        />
      }
      things="spans"
      items={[...buckets].reverse()}
      columns={columns}
      keyOf={({ start }) => start}
    />
  )
}
