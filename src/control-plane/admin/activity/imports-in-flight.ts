import type { ImportPlan } from '../../../registry/cache-rules/cache-rule.js'
import type { ImportActivity, LayerProgress, RunningImport } from '../../../registry/cache-rules/import-activity.js'
import { keyOf } from '../../../registry/ports/store.js'
import type { ImportInFlight } from '../admin-answers.js'

/** Lists the imports in flight, from what was planned and what data planes say. */
export type ImportsInFlight = (
  plans: readonly ImportPlan[],
  activities: readonly ImportActivity[],
) => readonly ImportInFlight[]

/**
 * All imports in flight: those that data planes carry out, with how far they are, and those that are planned and wait.
 * A layer may be received by another process than the one that imports its image, for a client, so what any process
 * has received of a digest counts. That such a layer is stored is remembered until its import comes to it. The order is
 * that in which the images were asked for.
 */
export function importsInFlight(): ImportsInFlight {
  let storedElsewhere: ReadonlySet<string> = new Set<string>()

  return (plans, activities) => {
    const received = receivedOf(activities)
    const runs = activities.flatMap(({ imports }) => imports)
    const isStored = ({ digest, size, state }: LayerProgress) =>
      state !== 'stored' && (storedElsewhere.has(digest) || (received.get(digest) ?? 0) >= size)
    storedElsewhere = new Set(runs.flatMap(({ layers }) => layers.filter(isStored).map(({ digest }) => digest)))
    const planned = new Map(plans.map((plan) => [nameOf(plan), plan]))
    const running = new Map(runs.map((run) => [nameOf(run), run]))
    const current = (layer: LayerProgress) => withReceived(layer, received.get(layer.digest), storedElsewhere)
    const all = [
      ...[...running].map(([name, run]) => runningOne(run, planned.get(name), current)),
      ...plans.filter((plan) => !running.has(nameOf(plan))).map(waitingOne),
    ]
    return all.sort((a, b) => a.startedAt.localeCompare(b.startedAt))
  }
}

type NamedImport = Pick<ImportPlan, 'account' | 'region' | 'repository' | 'digest' | 'tag'>

const nameOf = ({ account, region, repository, digest }: NamedImport) => keyOf(account, region, repository, digest)

function receivedOf(activities: readonly ImportActivity[]): ReadonlyMap<string, number> {
  const received = new Map<string, number>()
  for (const { digest, receivedBytes } of activities.flatMap(({ transfers }) => transfers))
    received.set(digest, Math.max(receivedBytes, received.get(digest) ?? 0))
  return received
}

function runningOne(
  run: RunningImport,
  plan: ImportPlan | undefined,
  current: (layer: LayerProgress) => LayerProgress,
): ImportInFlight {
  const layers = run.layers.map(current)
  const more = bytesOf(layers) - bytesOf(run.layers)
  return {
    ...named(run, plan?.failedAt),
    startedAt: new Date(run.plannedAt).toISOString(),
    isRunning: true,
    receivedBytes: run.receivedBytes + more,
    expectedBytes: run.expectedBytes,
    layers,
    ...(run.layersLeftOut > 0 && { layersLeftOut: run.layersLeftOut }),
  }
}

const bytesOf = (layers: readonly LayerProgress[]) => layers.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0)

function withReceived(
  layer: LayerProgress,
  elsewhere: number | undefined,
  storedElsewhere: ReadonlySet<string>,
): LayerProgress {
  if (layer.state === 'stored') return layer
  if (storedElsewhere.has(layer.digest)) return { ...layer, receivedBytes: layer.size, state: 'stored' }
  if (elsewhere === undefined) return layer
  return { ...layer, receivedBytes: Math.max(layer.receivedBytes, elsewhere), state: 'receiving' }
}

const waitingOne = (plan: ImportPlan): ImportInFlight => ({
  ...named(plan, plan.failedAt),
  startedAt: new Date(plan.plannedAt).toISOString(),
  isRunning: false,
  receivedBytes: 0,
  expectedBytes: 0,
  layers: [],
})

const named = ({ account, region, repository, digest, tag }: NamedImport, failedAt: number | undefined) => ({
  account,
  region,
  repository,
  digest,
  ...(tag !== undefined && { tag }),
  ...(failedAt !== undefined && { failedAt: new Date(failedAt).toISOString() }),
})
