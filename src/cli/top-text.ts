import picocolors from 'picocolors'
import type { Statistics } from '../control-plane/admin/admin-answers.js'
import type { Failure } from '../registry/failure.js'
import { formatBytes } from '../registry/amounts.js'
import { fittedLine, type LineForm, type Piece } from './fitted-line.js'
import type { ImportProgress, ImportsInFlight } from './top-imports.js'
import { sparkline, summedToFit } from './sparkline.js'
import { countText, imageText, latencyText, periodText, sourcesText } from './statistics-text.js'

/** What `ecr-local top` shows. */
export interface TopReport {
  readonly endpoint: string
  readonly statistics: Statistics
  readonly imports: ImportsInFlight
  readonly failures: readonly Failure[]
}

/** How the report is written. */
export interface TopForm extends LineForm {
  /** The lines of the terminal; undefined if there is room for all. */
  readonly height?: number
  readonly isColored: boolean
  /** What is said at the top beside the address, for example that nothing answers any more. */
  readonly note?: string
}

/** A table or a list of the report: its heading, and a line for each thing, the most important first. */
interface Section {
  readonly heading: string
  readonly lines: readonly (readonly Piece[])[]
}

/** The columns before a figure or a sparkline. */
const LABEL = 10

/** The most lines of a section where the report need not fit in a terminal. */
const MAX_LINES = 10

/** The report as lines. On a terminal each section gets an equal share of the lines that the figures leave. */
export function topLines(report: TopReport, form: TopForm): string[] {
  const { bold, dim } = picocolors.createColors(form.isColored)
  const sections = sectionsOf(report, form).filter(({ lines }) => lines.length > 0)
  const head = [...headOf(report, form), ...figuresOf(report.statistics, form)]
  const shares = sharesOf(sections, form.height === undefined ? undefined : form.height - head.length)
  const below = sections.flatMap(({ heading, lines }, index) => {
    const share = shares[index] ?? 0
    return share === 0 ? [] : [[], [[heading, bold] as const], ...lines.slice(0, share)]
  })
  const lines = [...head, ...below].map((pieces) => fittedLine(pieces, form))
  if (form.height === undefined || lines.length <= form.height) return lines
  return [...lines.slice(0, form.height - 1), fittedLine([['The terminal has too few lines for the rest', dim]], form)]
}

/** How many lines each section gets: at first one, then one more in turn while there is room. */
function sharesOf(sections: readonly Section[], room: number | undefined): number[] {
  if (room === undefined) return sections.map(({ lines }) => Math.min(MAX_LINES, lines.length))
  const shares = sections.map(() => 0)
  let left = room
  for (let round = 0; round < MAX_LINES; round++)
    for (const [index, { lines }] of sections.entries()) {
      // The first line of a section comes with its heading and an empty line.
      const cost = round === 0 ? 3 : 1
      if (lines.length <= round || left < cost || shares[index] !== round) continue
      shares[index] = round + 1
      left -= cost
    }
  return shares
}

function headOf({ endpoint, statistics }: TopReport, { isColored, note }: TopForm): Piece[][] {
  const { bold, cyan, red } = picocolors.createColors(isColored)
  const title: Piece[] = [['ecr-local', bold], `  ${periodText[statistics.period]}  `, [endpoint, cyan]]
  return [title, ...(note === undefined ? [] : [[[note, red] as const]]), []]
}

function figuresOf({ total, buckets, bucketSeconds, disk, rules }: Statistics, form: TopForm): Piece[][] {
  const { dim } = picocolors.createColors(form.isColored)
  const row = (name: string, value: string): Piece[] => [[name.padEnd(LABEL), dim], value]
  const spared = rules.reduce((sum, { bytesSpared }) => sum + bytesSpared, 0)
  return [
    ...chartsOf(buckets, bucketSeconds, form),
    row('Pulls', sourcesText(total.pulls, countText)),
    row('Bytes', sourcesText(total.bytes, formatBytes)),
    row('Spared', `${formatBytes(spared)} that upstreams did not have to send again`),
    row('Cached', latencyText(total.latency.warm)),
    row('Imported', latencyText(total.latency.cold)),
    row('Checks', `${countText(total.checks.answered)} answered, ${countText(total.checks.failed)} failed`),
    ...(disk ? [row('Disk', diskText(disk))] : []),
  ]
}

/** Pulls over time from the cache and from upstreams, on one scale. */
function chartsOf(buckets: Statistics['buckets'], bucketSeconds: number, form: TopForm): Piece[][] {
  const { dim, green, yellow } = picocolors.createColors(form.isColored)
  const width = Math.max(1, form.width - LABEL)
  const series = {
    cache: buckets.map(({ pulls }) => pulls.cache),
    upstream: buckets.map(({ pulls }) => pulls.upstream),
  }
  const sums = [...summedToFit(series.cache, width), ...summedToFit(series.upstream, width)]
  const highest = Math.max(...sums, 0)
  const minutes = (bucketSeconds / 60) * Math.ceil(buckets.length / width)
  const each = minutes === 1 ? 'minute' : `${minutes} minutes`
  const line = (name: string, values: readonly number[], paint: (text: string) => string): Piece[] => [
    [name.padEnd(LABEL), dim],
    [sparkline(values, { width, highest, isUnicode: form.isUnicode }), paint],
  ]
  return [
    [`Pulls per ${each}, at most ${countText(highest)}`],
    line('cache', series.cache, green),
    line('upstream', series.upstream, yellow),
  ]
}

function diskText({ totalBytes, freeBytes, blobBytes }: NonNullable<Statistics['disk']>): string {
  const images = blobBytes === null ? '' : `, images take ${formatBytes(blobBytes)}`
  return `${formatBytes(freeBytes)} of ${formatBytes(totalBytes)} free${images}`
}

function sectionsOf({ statistics, imports, failures }: TopReport, { isColored }: TopForm): Section[] {
  const { red } = picocolors.createColors(isColored)
  const { images, pullers, rules } = statistics
  return [
    {
      heading: `Imports in flight: ${countText(imports.count)}`,
      lines: imports.first.map((progress) => [importText(progress)]),
    },
    {
      heading: tableRow('PULLS', 'BYTES', 'IMAGE'),
      lines: images.map((image) => [tableRow(countText(image.pulls), formatBytes(image.bytes), imageText(image))]),
    },
    {
      heading: tableRow('PULLS', 'BYTES', 'CALLER'),
      lines: pullers.map(({ pulls, bytes, principal }) => [tableRow(countText(pulls), formatBytes(bytes), principal)]),
    },
    {
      heading: ruleRow(['HITS', 'MISSES', 'SPARED', 'FETCHED', 'HOLDS'], 'RULE'),
      lines: busiest(rules).map((rule) => [ruleText(rule)]),
    },
    {
      heading: 'Latest failures',
      lines: failures.map(({ time, what, reason }) => [`${time}  ${what}: `, [reason, red] as const]),
    },
  ]
}

const tableRow = (first: string, second: string, last: string) =>
  `${first.padStart(8)}  ${second.padStart(10)}  ${last}`

const busiest = (rules: Statistics['rules']) =>
  [...rules].sort((a, b) => b.hits + b.misses - (a.hits + a.misses) || b.bytesSpared - a.bytesSpared)

function ruleText({ hits, misses, bytesSpared, bytesFetched, holds, ...rule }: Statistics['rules'][number]): string {
  const { ecrRepositoryPrefix, upstreamRegistryUrl, account, region } = rule
  const held = holds ? formatBytes(holds.layers.bytes) : '?'
  const name = `${ecrRepositoryPrefix} (${upstreamRegistryUrl}), ${account} ${region}`
  return ruleRow([countText(hits), countText(misses), formatBytes(bytesSpared), formatBytes(bytesFetched), held], name)
}

const ruleRow = ([hits = '', misses = '', ...bytes]: readonly string[], name: string) =>
  [hits.padStart(8), misses.padStart(6), ...bytes.map((amount) => amount.padStart(10)), name].join('  ')

const BAR_CELLS = 20

/** A bar if the size is known, and how far the import is. */
function importText({ repository, tag, digest, receivedBytes, expectedBytes, failedAt }: ImportProgress): string {
  const name = imageText({ repository, reference: tag ?? digest })
  if (failedAt !== undefined) return `${name}, failed at ${failedAt}, is tried again`
  if (receivedBytes === undefined || !expectedBytes) return name
  const full = Math.min(BAR_CELLS, Math.floor((receivedBytes / expectedBytes) * BAR_CELLS))
  const bar = `[${'#'.repeat(full)}${'-'.repeat(BAR_CELLS - full)}]`
  return `${bar} ${formatBytes(receivedBytes)} of ${formatBytes(expectedBytes)}  ${name}`
}
