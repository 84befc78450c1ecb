import { installation } from '../../registry/registry.js'
import { type SweepDeps, SweepInterrupted, type SweepReport } from './sweep-run.js'
import { sweep } from './sweep.js'

/** The dependencies of sweeping in the background. */
interface SweeperDeps extends SweepDeps {
  /** The time from one sweep to the next, by the machine's clock. */
  readonly intervalSeconds: number
}

/** Delays, which specs shorten. */
interface SweeperDelays {
  /**
   * The time from the start to the first sweep, which is early because a process that was killed may have left
   * temporary files.
   */
  readonly firstAfterMs?: number
  /**
   * The time until the next attempt while another process sweeps: longer than it takes to notice that a process has
   * died.
   */
  readonly retryMs?: number
}

/** The name of the installation's setting that holds the time when the last sweep ended, by that machine's clock. */
const SWEPT_AT_SETTING = 'swept-at'

/**
 * Sweeps soon after the start and then at intervals, unless another process has swept meanwhile. A sweep that fails is
 * logged and retried after the interval.
 */
export function sweeper(
  deps: SweeperDeps,
  { firstAfterMs = 5_000, retryMs = 6_000 }: SweeperDelays = {},
): { stop(): Promise<void> } {
  const intervalMs = deps.intervalSeconds * 1000
  let isStopped = false
  let currentSweep = Promise.resolve()
  let timer = schedule(firstAfterMs)

  function schedule(milliseconds: number) {
    const next = setTimeout(() => {
      currentSweep = sweepIfDue(deps, () => isStopped).then((isBusy) => {
        if (!isStopped) timer = schedule(isBusy ? Math.min(retryMs, intervalMs) : intervalMs)
      })
    }, milliseconds)
    return next.unref()
  }

  return {
    async stop() {
      isStopped = true
      clearTimeout(timer)
      await currentSweep
    },
  }
}

/** Returns true if another process holds the lease: it is sweeping, or it died while sweeping. */
async function sweepIfDue(deps: SweeperDeps, isStopped: () => boolean): Promise<boolean> {
  const { store, clock, log } = deps
  try {
    if (await isSweptRecently(deps)) return false
    const report = await sweep(deps, { isStopped })
    if (!report) return true
    await store.settings.put(installation, SWEPT_AT_SETTING, clock.wall().toISOString())
    logReport(report, deps)
  } catch (err) {
    if (!(err instanceof SweepInterrupted)) log.warn({ err }, 'a sweep failed')
  }
  return false
}

/** If the clocks of machines differ, the only effect is an additional sweep or a longer interval. */
async function isSweptRecently({ store, clock, intervalSeconds }: SweeperDeps): Promise<boolean> {
  const last = await store.settings.get(installation, SWEPT_AT_SETTING)
  const age = clock.wall().getTime() - Date.parse(last ?? '')
  // 90 % of the interval: timers are not exact, and the process that swept last must not skip its own next sweep.
  return age >= 0 && age < intervalSeconds * 900
}

function logReport({ refusal, ...report }: SweepReport, { log }: SweepDeps): void {
  if (refusal !== undefined) return log.error({ reason: refusal }, 'nothing was swept')
  const { lostImages, ...tallies } = report
  if (lostImages > 0)
    log.error(
      { lostImages },
      'the store has lost images whose blobs were retained: ecr-local fsck --repair restores them',
    )
  if (Object.values(tallies).some(({ count }) => count > 0)) log.info(tallies, 'swept')
}
