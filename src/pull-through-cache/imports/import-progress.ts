import type { CacheAction } from '../../registry/event-log.js'
import type { Clock } from '../../registry/ports/clock.js'
import type { ImportPlan } from '../../registry/cache-rules/cache-rule.js'
import { ruleForRepository } from '../../registry/cache-rules/rule-for-repository.js'
import type { Store } from '../../registry/ports/store.js'
import { formatBytes, formatCount } from '../../registry/amounts.js'
import type { Telemetry } from '../telemetry.js'
import type { ImportTally } from './import-tally.js'
import type { RunningImports } from './running-imports.js'

/** How often an import in progress is reported, in milliseconds of the machine's time. */
const REPORT_EVERY_MS = 5_000

/** The progress of one image's import, reported as log lines and events while it runs and when it ends. */
export interface ImportProgress extends Pick<ImportTally, 'image' | 'fill' | 'stored'> {
  /** Reports that everything is cached. `leftOut` is a sentence about what a bound omitted. */
  succeeded(leftOut?: string): Promise<void>
  /** Reports why the image could not be cached completely. */
  failed(error: unknown): Promise<void>
  /** Stops reporting. An import that will be resumed after its process stops reports no end. */
  stop(): void
}

type Status = CacheAction['status']

/** The dependencies of reporting an import. */
export interface ImportProgressDeps {
  readonly store: Pick<Store, 'rules'>
  readonly clock: Pick<Clock, 'now'>
  readonly running: Pick<RunningImports, 'begin'>
}

/** Starts to report the import of one image. */
export function importProgress(plan: ImportPlan, deps: ImportProgressDeps, telemetry: Telemetry): ImportProgress {
  const startedAt = performance.now()
  const running = deps.running.begin(plan)
  const { tally } = running

  async function report(status: Status, outcome: string): Promise<void> {
    await reportImport(plan, status, outcome, deps, telemetry).catch((err: unknown) =>
      telemetry.log.debug({ err, ...plan }, 'the progress of an import could not be reported'),
    )
  }
  const timer = setInterval(() => {
    const { received, expected, layers } = tally.fetched()
    const soFar = `${formatBytes(received)} of ${formatBytes(expected)} so far, ${formatCount(layers, 'layer')} done`
    void report('IN_PROGRESS', `importing: ${soFar}`)
  }, REPORT_EVERY_MS).unref()
  const stop = (outcome: 'complete' | 'stopped' = 'stopped') => {
    clearInterval(timer)
    running.end(outcome)
  }

  return {
    image: (image, contents) => tally.image(image, contents),
    fill: (digest, fill) => tally.fill(digest, fill),
    stored: (digest) => tally.stored(digest),
    async succeeded(leftOut) {
      stop('complete')
      const { received, platforms } = tally.fetched()
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
      await report('SUCCESS', `imported ${formatBytes(received)}, ${formatCount(platforms, 'platform')}, ${seconds} s`)
      if (leftOut !== undefined) await report('FAILED', leftOut)
    },
    async failed(error) {
      stop()
      await report('FAILED', `not imported completely yet: ${(error as Error).message}`)
    },
    stop: () => stop(),
  }
}

/** Reports nothing if the rule was deleted meanwhile, because every event names a rule. */
async function reportImport(
  { account, region, repository, tag, digest }: ImportPlan,
  status: Status,
  outcome: string,
  { store, clock }: ImportProgressDeps,
  telemetry: Telemetry,
): Promise<void> {
  const registry = { account, region }
  const [rule, now] = await Promise.all([ruleForRepository(store, registry, repository), clock.now()])
  if (!rule) return
  await telemetry.recordAction({ registry, repository, tag, digest, rule, action: 'import', status, outcome }, now)
}
