import {
  isEvaluationDue,
  type LifecyclePolicy,
  type LifecycleSettings,
} from '../../registry/lifecycle/lifecycle-policy.js'
import { listEach } from '../../registry/list-records.js'
import type { Clock } from '../../registry/ports/clock.js'
import { StoreUnavailable } from '../../registry/ports/key-value.js'
import type { Log } from '../../registry/ports/log.js'
import type { Registry } from '../../registry/registry.js'
import { anyDue } from '../any-due.js'
import { attemptEach } from '../attempt-each.js'
import type { Task } from '../tasks.js'
import { completeFollowUps } from './follow-up.js'
import { runLifecyclePolicy } from './lifecycle-run.js'
import type { LifecycleStorage } from './lifecycle-storage.js'

/** The name of the task, whose lease `ecr-local lifecycle run` takes too. */
export const LIFECYCLE_TASK = { name: 'lifecycle policies' } as const

/** How often policies are looked at, unless they are to be evaluated more often. */
const EVERY_MS = 10_000

/** The task that evaluates each lifecycle policy that is due, and carries it out. */
export const lifecycleTask = (
  deps: LifecycleStorage & { readonly clock: Clock; readonly log: Log; readonly lifecycle: LifecycleSettings },
): Task => ({
  ...LIFECYCLE_TASK,
  everyMs: Math.min(EVERY_MS, deps.lifecycle.intervalSeconds * 1000),
  async isDue() {
    const { store, clock, lifecycle } = deps
    const now = await clock.now()
    const isPolicyDue = (policy: LifecyclePolicy) => isEvaluationDue(policy, lifecycle, now)
    return (await anyDue(store, store.lifecycleFollowUps)) || anyDue(store, store.lifecyclePolicies, isPolicyDue)
  },
  async run(stopSignal) {
    const now = await deps.clock.now()
    const evaluateDue = (registry: Registry) =>
      attemptEach(listEach(deps.store.lifecyclePolicies, registry, {}), async (policy) => {
        if (stopSignal.aborted) return 'stop'
        if (isEvaluationDue(policy, deps.lifecycle, now)) await evaluate(deps, registry, policy, now, stopSignal)
      })
    const completeFollowing = async (registry: Registry) =>
      void (await completeFollowUps(deps, registry, { now, stopSignal }))
    await attemptEach(await deps.store.registries(), (registry) =>
      attemptEach([completeFollowing, evaluateDue], (work) => work(registry)),
    )
  },
})

/** A policy that cannot be carried out, for example because of a damaged image, does not hold up the others. */
async function evaluate(
  deps: LifecycleStorage & { readonly log: Log },
  registry: Registry,
  policy: LifecyclePolicy,
  now: Date,
  stopSignal: AbortSignal,
): Promise<void> {
  const facts = { ...registry, repository: policy.repository }
  try {
    const counts = await runLifecyclePolicy(deps, { registry, policy, now, stopSignal })
    deps.log.info({ ...facts, ...counts }, 'a lifecycle policy was evaluated')
  } catch (err) {
    if (err instanceof StoreUnavailable) throw err
    deps.log.warn({ err, ...facts }, 'a lifecycle policy could not be carried out and will be evaluated again')
  }
}
