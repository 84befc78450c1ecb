import { yieldToEventLoop } from '../../coordination/event-loop.js'
import type { LifecycleAction } from '../../registry/lifecycle/evaluation.js'
import type { LifecyclePolicy } from '../../registry/lifecycle/lifecycle-policy.js'
import { rulesIn } from '../../registry/lifecycle/lifecycle-rule.js'
import { evaluateRepository } from '../../registry/lifecycle/repository-evaluation.js'
import { keyOf } from '../../registry/ports/store.js'
import type { Registry } from '../../registry/registry.js'
import { applyAction } from './apply-action.js'
import type { LifecycleStorage } from './lifecycle-storage.js'

/** One evaluation of the policy of a repository. */
export interface LifecycleRun {
  readonly registry: Registry
  readonly policy: LifecyclePolicy
  /** The time at which the policy is evaluated. */
  readonly now: Date
  readonly stopSignal: AbortSignal
  /** Only reports what would be done. */
  readonly dryRun?: boolean
}

/** What was done with images, or in a dry run would be. */
export interface LifecycleCounts {
  expired: number
  archived: number
  /** Referrers that went with their subjects. */
  followed: number
}

/** Called for each image that was acted on, with the tags that it had. */
type OnAction = (action: LifecycleAction, tags: readonly string[]) => void

/**
 * Evaluates the policy of a repository and carries it out: expires and archives images, each in a transaction of its
 * own that requires that the policy still acts on the image. Interrupted anywhere, it can run again from the start. It
 * ends before the next image if the policy was changed or removed meanwhile. `lastEvaluatedAt` is set at the end.
 */
export async function runLifecyclePolicy(
  storage: LifecycleStorage,
  run: LifecycleRun,
  onAction?: OnAction,
): Promise<LifecycleCounts> {
  const { store } = storage
  const { registry, policy, now, stopSignal, dryRun = false } = run
  const { repository } = policy
  const counts = { expired: 0, archived: 0, followed: 0 }
  const rules = rulesIn(policy.text)
  const actions = await (await evaluateRepository(store, registry, repository, rules, now)).actions()
  for (const action of actions) {
    if (stopSignal.aborted || !(await isCurrent(storage, run))) return counts
    const tags = onAction && (await store.images.get(registry, keyOf(repository, action.digest)))?.tags
    const applied = dryRun
      ? { isDone: true, followed: action.followers.length }
      : await applyAction(storage, { registry, repository, now }, rules, action)
    counts.followed += applied.followed
    if (applied.isDone) {
      counts[action.type === 'expire' ? 'expired' : 'archived'] += 1
      onAction?.(action, tags ?? [])
    }
    await yieldToEventLoop()
  }
  const evaluated = (current: LifecyclePolicy) =>
    isSame(current, policy) ? { ...current, lastEvaluatedAt: now.getTime() } : current
  if (!dryRun) await store.lifecyclePolicies.update(registry, repository, evaluated)
  return counts
}

const isCurrent = async ({ store }: LifecycleStorage, { registry, policy }: LifecycleRun) => {
  const current = await store.lifecyclePolicies.get(registry, policy.repository)
  return current !== undefined && isSame(current, policy)
}

const isSame = (a: LifecyclePolicy, b: LifecyclePolicy): boolean => a.putAt === b.putAt && a.text === b.text
