import { installation } from '../../registry/registry.js'
import { Interrupted, type SweepDeps, type Swept } from './sweep-run.js'
import { sweep } from './sweep.js'

/** What sweeping in the background needs. */
export interface SweeperDeps extends SweepDeps {
  /** From one sweep to the next, by the machine's own time. */
  readonly intervalSeconds: number
}

/** How patient it is; specs are less. */
interface Patience {
  /** Soon after the start, when it is quiet again: a process that was killed may have left files behind. */
  readonly firstAfterMs?: number
  /** From one look at a sweep of another process to the next: longer than it takes to tell that its process died. */
  readonly lookMs?: number
}

/** The installation's setting that says when it was last swept, by the time of the machine that did. */
const sweptAt = 'swept-at'

/**
 * Sweeps soon after the start and then now and then, unless another process has meanwhile; what fails is logged and tried
 * again at the next time.
 */
export function sweeper(
  deps: SweeperDeps,
  { firstAfterMs = 5_000, lookMs = 6_000 }: Patience = {},
): { stop(): Promise<void> } {
  const intervalMs = deps.intervalSeconds * 1000
  let isStopped = false
  let underWay = Promise.resolve()
  let timer = later(firstAfterMs)

  function later(milliseconds: number) {
    const next = setTimeout(() => {
      underWay = sweepIfDue(deps, () => isStopped).then((isOthers) => {
        if (!isStopped) timer = later(isOthers ? Math.min(lookMs, intervalMs) : intervalMs)
      })
    }, milliseconds)
    return next.unref()
  }

  return {
    async stop() {
      isStopped = true
      clearTimeout(timer)
      await underWay
    },
  }
}

/** True where another process is at it, or died over it. */
async function sweepIfDue(deps: SweeperDeps, isStopped: () => boolean): Promise<boolean> {
  const { store, clock, log } = deps
  try {
    if (await isSweptAlready(deps)) return false
    const swept = await sweep(deps, { isStopped })
    if (!swept) return true
    await store.settings.put(installation, sweptAt, clock.wall().toISOString())
    report(swept, deps)
  } catch (err) {
    if (!(err instanceof Interrupted)) log.warn({ err }, 'a sweep failed')
  }
  return false
}

/** Machines' times need not agree: where they do not, there is a sweep more or an interval is longer. */
async function isSweptAlready({ store, clock, intervalSeconds }: SweeperDeps): Promise<boolean> {
  const last = await store.settings.get(installation, sweptAt)
  const age = clock.wall().getTime() - Date.parse(last ?? '')
  // Timers are not exact: the process that swept last is not to miss its own time.
  return age >= 0 && age < intervalSeconds * 900
}

function report({ refused, ...swept }: Swept, { log }: SweepDeps): void {
  if (refused !== undefined) return log.error({ reason: refused }, 'nothing was swept')
  const { lostImages, ...kinds } = swept
  if (lostImages > 0)
    log.error({ lostImages }, 'images are kept that the store has lost: ecr-local fsck --repair brings them back')
  if (Object.values(kinds).some(({ count }) => count > 0)) log.info(kinds, 'swept')
}
