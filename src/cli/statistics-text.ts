import type { BySource, Latency, PulledImage, Statistics } from '../control-plane/admin/admin-answers.js'
import { formatBytes, formatMilliseconds } from '../registry/amounts.js'

/** The periods in words. */
export const periodText = { hour: 'last hour', day: 'last day' } as const

/** How long manifests took, for example `manifests after 1.2 ms (p50), 4.8 ms (p95)`; `none` if there were none. */
export const latencyText = ({ p50, p95 }: Latency): string =>
  p50 === null || p95 === null
    ? 'none'
    : `manifests after ${formatMilliseconds(p50)} (p50), ${formatMilliseconds(p95)} (p95)`

/** A count as people read it. */
export const countText = (count: number): string => count.toLocaleString('en')

/** For example `12 from the cache, 3 from upstreams`. */
export const sourcesText = ({ cache, upstream }: BySource, text: (amount: number) => string): string =>
  `${text(cache)} from the cache, ${text(upstream)} from upstreams`

/** An image by the name it was pulled by: `team/app:v1`, or `team/app@sha256:…`. */
export const imageText = ({ repository, reference }: Pick<PulledImage, 'repository' | 'reference'>): string =>
  `${repository}${reference.includes(':') ? '@' : ':'}${reference}`

/** The images that the summary names. */
const SUMMED_IMAGES = 3

/** What the planes did in a period in a few lines, for `ecr-local status`. */
export function statisticsSummary({ period, total, images, rules }: Statistics): string[] {
  const { pulls, bytes, latency, checks } = total
  const isIdle = pulls.cache + pulls.upstream + checks.answered + checks.failed + bytes.cache + bytes.upstream === 0
  if (isIdle) return [`Nothing was pulled in the ${periodText[period]}`]
  const spared = rules.reduce((sum, { bytesSpared }) => sum + bytesSpared, 0)
  const top = images.slice(0, SUMMED_IMAGES).map((image) => `${imageText(image)} (${countText(image.pulls)})`)
  const rows: [string, string][] = [
    ['Pulls', sourcesText(pulls, countText)],
    ['Bytes', sourcesText(bytes, formatBytes)],
    ['Spared', `${formatBytes(spared)} that upstreams did not have to send again`],
    ['Cached', latencyText(latency.warm)],
    ['Imported', latencyText(latency.cold)],
    ['Checks', `${countText(checks.answered)} answered, ${countText(checks.failed)} failed`],
    ...(top.length > 0 ? [['Images', top.join(', ')] as [string, string]] : []),
  ]
  return [`In the ${periodText[period]}:`, ...rows.map(([name, value]) => `  ${name.padEnd(10)}${value}`)]
}
