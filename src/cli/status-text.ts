import picocolors from 'picocolors'
import type { Status } from '../control-plane/admin/status-route.js'
import type { Statistics } from '../control-plane/admin/admin-answers.js'
import { formatBytes, formatDuration } from '../registry/amounts.js'
import type { Amount, RegistryTotals } from '../upkeep/installation-totals.js'
import { printableIn } from './fitted-line.js'
import { statisticsSummary } from './statistics-text.js'

/** The status as a screen of text, with the figures of the last hour if they are known. */
export function statusText(answer: Status, figures: Statistics | undefined, isColored: boolean): string {
  const [status, lastHour] = [printableIn(answer), printableIn(figures)]
  const { bold, cyan, dim, red } = picocolors.createColors(isColored)
  const { version, endpoint, registry, pid, uptimeSeconds, planes, store, blobStorage, auth, blobs, clock } = status
  const rows: [string, string][] = [
    ['API', cyan(endpoint)],
    ['Registry', cyan(registry)],
    ['Console', cyan(`${endpoint}/console/`)],
    ['Process', `${pid}, ${planes.join(' and ')}, for ${formatDuration(uptimeSeconds)}`],
    ['State', `${store}, images: ${blobStorage}, authentication: ${auth}`],
    ['Blobs', blobs ? amountText(blobs) : 'not counted yet'],
    ...(clock && clock.advancedSeconds > 0 ? [clockRow(clock)] : []),
  ]
  const lines = [
    `${bold('ecr-local')} ${dim(version)} runs`,
    '',
    ...rows.map(([name, value]) => `${name.padEnd(10)}${value}`),
    '',
    ...(status.registries ? registryLines(status.registries) : ['What the registries hold is not counted yet']),
    ...(lastHour ? ['', ...statisticsSummary(lastHour)] : []),
    ...importLines(status),
    ...failureLines(status),
    ...status.warnings.flatMap((warning) => ['', red(`Warning: ${warning}`)]),
  ]
  return `${lines.join('\n')}\n`
}

const clockRow = ({ now, advancedSeconds }: NonNullable<Status['clock']>): [string, string] => [
  'Clock',
  `${now}, ${formatDuration(advancedSeconds)} ahead`,
]

const HEADINGS = ['ACCOUNT', 'REGION', 'REPOSITORIES', 'IMAGES', 'TAGS', 'RULES', 'LAYERS']

function registryLines(registries: readonly RegistryTotals[]): string[] {
  if (registries.length === 0) return ['No registry holds anything yet']
  const rows = registries.map(({ account, region, repositories, images, tags, rules, layers }) => [
    account,
    region,
    ...[repositories, images, tags, rules].map((count) => count.toLocaleString('en')),
    amountText(layers),
  ])
  const widths = HEADINGS.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  return [HEADINGS, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

function importLines({ imports }: Status): string[] {
  if (!imports || imports.count === 0) return []
  const lines = imports.first.map(({ account, region, repository, tag, digest, failedAt }) => {
    const image = tag === undefined ? `${repository}@${digest}` : `${repository}:${tag}`
    return `  ${account} ${region} ${image}${failedAt === undefined ? '' : `, failed at ${failedAt}, is tried again`}`
  })
  const more = imports.count - lines.length
  return ['', `Imports in flight: ${imports.count}`, ...lines, ...(more > 0 ? [`  and ${more} more`] : [])]
}

function failureLines({ failures }: Status): string[] {
  if (!failures || failures.length === 0) return []
  const lines = failures.map(
    ({ time, account, region, what, reason }) => `  ${time} ${account} ${region} ${what}: ${reason}`,
  )
  return ['', 'Latest failures:', ...lines]
}

const amountText = ({ count, bytes }: Amount) => `${count.toLocaleString('en')} (${formatBytes(bytes)})`
