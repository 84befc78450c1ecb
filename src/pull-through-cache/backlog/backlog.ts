import { listAll } from '../../registry/list-records.js'
import type { Clock } from '../../registry/ports/clock.js'
import type { Lease } from '../../registry/ports/lease.js'
import { keyOf } from '../../registry/ports/store.js'
import { installation } from '../../registry/registry.js'
import { batchesOf } from '../../coordination/event-loop.js'
import type { PlannedImport, PullThroughSettings } from '../../registry/cache-rules/cache-rule.js'
import { keyedLimit } from '../../coordination/keyed-mutex.js'
import { type ImportDeps, planKey } from '../imports/manifest-import.js'
import { ruleOf } from '../upstream-source.js'

/**
 * How often a plane looks for what others left behind. Two looks show that an owner is dead, and a layer it was at takes
 * as long again: what a plane was at when it died is gone on with within 20 s.
 */
export const LOOK_EVERY_MS = 6_000

/** What looking for them needs. */
export interface LeftPlansDeps extends ImportDeps {
  readonly clock: Clock
  readonly settings: ImportDeps['settings'] & Pick<PullThroughSettings, 'retryIntervalSeconds'>
}

/** Plans of an account's upstream carried out at a time, of those that nobody waits for. */
const PLANS_AT_A_TIME = 10

/**
 * Carries out the planned imports that no other process is at: all of them, or those that are due, which leaves out what
 * failed lately. Resolves when they, and those this process was at already, are over.
 */
export function leftPlans(deps: LeftPlansDeps, carryOut: (plan: PlannedImport, lease: Lease) => Promise<void>) {
  const queued = new Map<string, Promise<void>>()
  const limit = keyedLimit(PLANS_AT_A_TIME)

  async function wait(plan: PlannedImport): Promise<void> {
    const rule = await ruleOf(plan, plan.repository, deps)
    await limit(keyOf(plan.account, rule?.upstreamRegistryUrl ?? ''), () =>
      deps.singleFlight.tryDo(`complete ${planKey(plan)}`, async (lease) => {
        // It may have been finished since it was listed.
        if (await deps.store.imports.get(installation, planKey(plan))) await carryOut(plan, lease)
      }),
    )
  }

  function queue(plan: PlannedImport): Promise<void> {
    const key = planKey(plan)
    const waiting = queued.get(key) ?? wait(plan).finally(() => queued.delete(key))
    queued.set(key, waiting)
    return waiting
  }

  return async function takeUp(which: 'all' | 'due'): Promise<void> {
    const [plans, now] = await Promise.all([listAll(deps.store.imports, installation), deps.clock.now()])
    const retryMs = deps.settings.retryIntervalSeconds * 1000
    const isDue = ({ failedAt }: PlannedImport) => failedAt === undefined || now.getTime() - failedAt >= retryMs
    const due = plans.filter((plan) => which === 'all' || isDue(plan))
    const taken: Promise<void>[] = []
    for await (const slice of batchesOf(due)) for (const plan of slice) taken.push(queue(plan))
    await Promise.allSettled(taken)
  }
}
