import { leaseOfTask } from '../background/tasks.js'
import { completeFollowUps } from '../background/lifecycle/follow-up.js'
import { type LifecycleCounts, runLifecyclePolicy } from '../background/lifecycle/lifecycle-run.js'
import { LIFECYCLE_TASK } from '../background/lifecycle/lifecycle-task.js'
import type { Storage } from '../compose/storage.js'
import type { Config } from '../config/config.js'
import { UsageError } from '../config/usage-error.js'
import { formatCount } from '../registry/amounts.js'
import type { LifecyclePolicy } from '../registry/lifecycle/lifecycle-policy.js'
import { listEach } from '../registry/list-records.js'
import type { Log } from '../registry/ports/log.js'
import type { ReportStep } from '../registry/ports/progress.js'
import type { Registry } from '../registry/registry.js'
import { openExistingStorage } from './existing-storage.js'

/** What `ecr-local lifecycle run` was asked to do. */
interface LifecycleRequest {
  /** The repositories whose policies to evaluate; all of them if it names none. */
  readonly repositories: readonly string[]
  /** Only says what would be done. */
  readonly dryRun: boolean
  /** Whether each line is one of JSON. */
  readonly json?: boolean
  readonly report?: ReportStep
}

/** What `ecr-local lifecycle run` says: one for each image that a policy decides about, and one for each policy. */
interface LifecycleLines {
  readonly image: (image: ImageDecision) => string
  readonly policy: (registry: Registry, repository: string, counts: LifecycleCounts) => string
}

interface ImageDecision {
  readonly registry: Registry
  readonly repository: string
  readonly digest: string
  readonly tags: readonly string[]
  readonly action: 'expire' | 'archive'
  readonly rulePriority: number
}

/**
 * Evaluates lifecycle policies now, whether or not they are due, and writes a line for each image that it expired or
 * archived and one for each policy. Planes may be running: it waits until none of them is evaluating policies. Throws
 * UsageError if a repository does not exist or has no policy.
 */
export async function runLifecycle(
  config: Config,
  request: LifecycleRequest,
  log: Log,
  write: (text: string) => void,
): Promise<void> {
  const storage = await openExistingStorage(config, 'lifecycle', log)
  try {
    const policies = await policiesOf(storage, request.repositories)
    const lease = request.dryRun ? undefined : await storage.leases.acquire(leaseOfTask(LIFECYCLE_TASK))
    try {
      const lines = (request.json ? jsonLines : textLines)(request.dryRun)
      for (const [done, policy] of policies.entries()) {
        request.report?.({ doing: 'Evaluating lifecycle policies', done, total: policies.length })
        await evaluate(storage, policy, { lines, dryRun: request.dryRun, write })
      }
    } finally {
      await lease?.release()
    }
    if (policies.length === 0 && !request.json) write('There is no lifecycle policy.\n')
  } finally {
    await storage.close()
  }
}

interface PolicyToRun {
  readonly registry: Registry
  readonly policy: LifecyclePolicy
}

/** The policies of these repositories in every registry that has them, or all policies. */
async function policiesOf({ store }: Storage, repositories: readonly string[]): Promise<PolicyToRun[]> {
  const policies: PolicyToRun[] = []
  const found = new Set<string>()
  for (const registry of await store.registries()) {
    for (const name of repositories) if (await store.repositories.get(registry, name)) found.add(name)
    for await (const policy of listEach(store.lifecyclePolicies, registry, {}))
      if (repositories.length === 0 || repositories.includes(policy.repository)) policies.push({ registry, policy })
  }
  for (const name of repositories) {
    if (!found.has(name)) throw new UsageError(`There is no repository ${name}`)
    if (!policies.some(({ policy }) => policy.repository === name))
      throw new UsageError(`The repository ${name} has no lifecycle policy: put one with aws ecr put-lifecycle-policy`)
  }
  return policies
}

interface Evaluation {
  readonly lines: LifecycleLines
  readonly dryRun: boolean
  readonly write: (text: string) => void
}

async function evaluate(
  storage: Storage,
  { registry, policy }: PolicyToRun,
  { lines, dryRun, write }: Evaluation,
): Promise<void> {
  const { repository } = policy
  const now = await storage.clock.now()
  const left = dryRun ? 0 : await completeFollowUps(storage, registry, { repository, now })
  const run = { registry, policy, now, stopSignal: new AbortController().signal, dryRun }
  const counts = await runLifecyclePolicy(storage, run, ({ digest, type, rulePriority }, tags) => {
    const action = type === 'expire' ? 'expire' : 'archive'
    write(lines.image({ registry, repository, digest, tags, action, rulePriority }))
  })
  write(lines.policy(registry, repository, { ...counts, followed: counts.followed + left }))
}

const textLines = (dryRun: boolean): LifecycleLines => ({
  image({ repository, digest, tags, action, rulePriority }) {
    const verb = dryRun ? `Would ${action}` : action === 'expire' ? 'Expired' : 'Archived'
    return `${verb} ${repository}@${digest} (${tags.length > 0 ? tags.join(', ') : 'untagged'}) by rule ${rulePriority}\n`
  },
  policy: (registry, repository, counts) =>
    `${repository} in ${registry.account} ${registry.region}: ${outcomeOf(counts, dryRun)}\n`,
})

const jsonLines = (dryRun: boolean): LifecycleLines => ({
  image: ({ registry, action, ...image }) => `${JSON.stringify({ action, dryRun, ...registry, ...image })}\n`,
  policy: (registry, repository, { expired, archived, followed: referrers }) =>
    `${JSON.stringify({ action: 'evaluated', dryRun, ...registry, repository, expired, archived, referrers })}\n`,
})

function outcomeOf({ expired, archived, followed }: LifecycleCounts, dryRun: boolean): string {
  if (expired + archived + followed === 0) return 'nothing to do.'
  const images = `${formatCount(expired, 'image')} ${dryRun ? 'would expire' : 'expired'}, ${archived} ${dryRun ? 'would be archived' : 'archived'}`
  const artifacts = followed > 0 ? `, and ${formatCount(followed, 'referrer')}` : ''
  return `${images}${artifacts}.`
}
