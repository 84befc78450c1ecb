import type { ImportPlan } from '../../registry/cache-rules/cache-rule.js'
import type { ImportActivity, LayerTransfer, RunningImport } from '../../registry/cache-rules/import-activity.js'
import { type CountedFill, importTally, type ImportTally } from './import-tally.js'

/** What one process imports: everything that `GET /_admin/activity` shows of it. */
export interface RunningImports {
  /** Begins to count an import that this process carries out now. */
  begin(plan: ImportPlan): { readonly tally: ImportTally; end(outcome: 'complete' | 'stopped'): void }
  /** Counts a layer until its fill is done, whether it is for an import or for a client. */
  transfer(digest: string, fill: CountedFill): void
  activity(): Pick<ImportActivity, 'imports' | 'transfers'>
  /** Whether anything is in flight, apart from what is only still shown. */
  isBusy(): boolean
}

/**
 * How long an import that is complete, or a layer that is stored, is still shown, in milliseconds, so that its end can
 * be seen by those who look every second.
 */
const SHOWN_AFTERWARDS_MS = 2_500

/** Bounds of what is shown, and so of the records. A pull through one process seldom has more than ten layers at once. */
const MAX_IMPORTS = 200
const MAX_LAYERS_EACH = 500
const MAX_LAYERS = 2_000
const MAX_TRANSFERS = 1_000

/** The imports of a process that has just started. `onBegin` is called when something begins. */
export function runningImports(onBegin: () => void): RunningImports {
  const running = new Map<ImportTally, ImportPlan>()
  const transfers = new Map<CountedFill, string>()
  const complete = shownForAWhile<RunningImport>(MAX_IMPORTS)
  const stored = shownForAWhile<LayerTransfer>(MAX_TRANSFERS)

  return {
    begin(plan) {
      const tally = importTally()
      running.set(tally, plan)
      onBegin()
      return {
        tally,
        end(outcome) {
          const wasRunning = running.delete(tally)
          if (wasRunning && outcome === 'complete') complete.add(shownAs(plan, tally, MAX_LAYERS_EACH))
        },
      }
    },
    transfer(digest, fill) {
      transfers.set(fill, digest)
      fill.done
        .then(() => stored.add({ digest, receivedBytes: fill.size }))
        .catch(() => {})
        .finally(() => transfers.delete(fill))
      onBegin()
    },
    activity: () => ({
      imports: [...shownTogether(running), ...complete.shown()],
      transfers: [...transfers]
        .slice(0, MAX_TRANSFERS)
        .map(([{ receivedBytes }, digest]) => ({ digest, receivedBytes })),
    }),
    isBusy: () => running.size > 0 || transfers.size > 0,
  }
}

/** What has ended well is shown a little longer, at most the last `atMost` of it. */
function shownForAWhile<T>(atMost: number) {
  const ended: { readonly shown: T; readonly endedAt: number }[] = []
  return {
    add(shown: T): void {
      ended.push({ shown, endedAt: performance.now() })
      if (ended.length > atMost) ended.shift()
    },
    shown(): T[] {
      const since = performance.now() - SHOWN_AFTERWARDS_MS
      while (ended[0] && ended[0].endedAt < since) ended.shift()
      return ended.map(({ shown }) => shown)
    },
  }
}

function shownTogether(running: ReadonlyMap<ImportTally, ImportPlan>): RunningImport[] {
  let layersLeft = MAX_LAYERS
  return [...running].slice(0, MAX_IMPORTS).map(([tally, plan]) => {
    const shown = shownAs(plan, tally, Math.min(MAX_LAYERS_EACH, layersLeft))
    layersLeft -= shown.layers.length
    return shown
  })
}

const shownAs = (
  { account, region, repository, digest, tag, plannedAt }: ImportPlan,
  tally: ImportTally,
  maxLayers: number,
): RunningImport => ({
  account,
  region,
  repository,
  digest,
  ...(tag !== undefined && { tag }),
  plannedAt,
  ...tally.progress(maxLayers),
})
