import { constants } from 'node:os'
import picocolors from 'picocolors'
import { endpointOf } from '../compose/plane-addresses.js'
import { UsageError } from '../config/usage-error.js'
import type { Period } from '../control-plane/admin/admin-answers.js'
import { isPeriod, periods } from '../registry/statistics/periods.js'
import { type PlaneSettings, statisticsOf } from './planes-statistics.js'
import { isUnicodeLocale } from './sparkline.js'
import { nothingRuns, statusIfRunning } from './status-command.js'
import { openScreen, type ScreenProcess } from './terminal-screen.js'
import { importsInFlight } from './top-imports.js'
import { topLines, type TopReport } from './top-text.js'

/** What `ecr-local top` was asked for. */
export interface TopOptions {
  readonly period: Period
  readonly json: boolean
  /** One report, on a terminal too. */
  readonly once: boolean
}

/** The parts of the process that it writes to. */
export type TopProcess = ScreenProcess & Pick<NodeJS.Process, 'env' | 'platform'>

const REFRESH_MS = 2_000

/** The width of a report that goes elsewhere than to a terminal. */
const PLAIN_WIDTH = 120

/** The period that `--period` names; the last hour without one. Throws UsageError. */
export function periodNamed(word: string | true | undefined): Period {
  if (word === undefined) return 'hour'
  if (typeof word === 'string' && isPeriod(word)) return word
  throw new UsageError(`--period must be ${periods.join(' or ')}; got ${String(word)}`)
}

/**
 * Shows what the planes did: on a terminal anew every two seconds until the user ends it, otherwise once. Resolves with
 * the exit status. Throws UsageError if what answers does not tell.
 */
export async function top(settings: PlaneSettings, options: TopOptions, process: TopProcess): Promise<number> {
  const { stdout, env } = process
  const report = await reportOf(settings, options.period)
  if (!report) {
    const { json, text } = nothingRuns(settings)
    stdout.write(options.json ? json : text)
    return 1
  }
  const isLive = stdout.isTTY && env.TERM !== 'dumb' && !options.once && !options.json
  if (isLive) return showUntilEnded(report, settings, options.period, process)
  stdout.write(options.json ? jsonOf(report) : onceText(report, process))
  return 0
}

/** Three requests: the statistics know neither the imports in flight nor what failed elsewhere than in a rule. */
async function reportOf(settings: PlaneSettings, period: Period): Promise<TopReport | undefined> {
  const status = await statusIfRunning(settings)
  if (!status) return undefined
  const [statistics, imports] = await Promise.all([statisticsOf(settings, period), importsInFlight(settings, status)])
  return { endpoint: status.endpoint, statistics, imports, failures: status.failures ?? [] }
}

const jsonOf = ({ statistics, imports, failures }: TopReport) =>
  `${JSON.stringify({ ...statistics, imports, failures }, undefined, 2)}\n`

function onceText(report: TopReport, { stdout, env, platform }: TopProcess): string {
  const isUnicode = isUnicodeLocale(env, platform)
  const width = stdout.isTTY ? stdout.columns || PLAIN_WIDTH : PLAIN_WIDTH
  return `${topLines(report, { width, isUnicode, isColored: isColoredOn(stdout, env) }).join('\n')}\n`
}

/** Colours only on a terminal, and not if `NO_COLOR` is set (https://no-color.org). */
const isColoredOn = (stdout: Pick<NodeJS.WriteStream, 'isTTY'>, env: NodeJS.ProcessEnv) =>
  stdout.isTTY && !env.NO_COLOR && env.TERM !== 'dumb' && picocolors.isColorSupported

async function showUntilEnded(first: TopReport, settings: PlaneSettings, period: Period, process: TopProcess) {
  const { stdout, env, platform } = process
  const isUnicode = isUnicodeLocale(env, platform)
  const isColored = isColoredOn(stdout, env)
  let [report, note, isAsking]: [TopReport, string | undefined, boolean] = [first, undefined, false]
  const draw = () => {
    const [width, height] = [stdout.columns || 80, stdout.rows || 24]
    screen.draw(topLines(report, { width, height, isUnicode, isColored, ...(note !== undefined && { note }) }))
  }
  const screen = openScreen(process, draw)
  async function refresh(): Promise<void> {
    if (isAsking) return
    isAsking = true
    try {
      const next = await reportOf(settings, period)
      report = next ?? report
      note = next ? undefined : `Nothing runs at ${endpointOf(settings)} any more: these are the last figures`
    } catch (error) {
      note = error instanceof Error ? error.message : String(error)
    }
    isAsking = false
    draw()
  }
  const timer = setInterval(() => void refresh(), REFRESH_MS)
  draw()
  const signal = await screen.ended
  clearInterval(timer)
  screen.close()
  // By convention 128 and the number of the signal.
  return signal === undefined ? 0 : 128 + constants.signals[signal]
}
