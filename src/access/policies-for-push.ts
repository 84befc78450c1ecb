import { templateForRepository } from '../registry/creation-templates/template-for-repository.js'
import type { Awaitable } from '../registry/ports/awaitable.js'
import type { Records } from '../registry/ports/store.js'
import type { StoredPolicies, Target } from './stored-policies.js'

/** What a push asks before and when it needs the repository; the rest of a push has an upload in it already. */
const operations: ReadonlySet<string> = new Set(['BatchCheckLayerAvailability', 'InitiateLayerUpload', 'PutImage'])

/**
 * The policies that decide about an operation: the stored ones, unless it belongs to a push. A repository that is not
 * there yet, but which the push would create, has the repository policy of its creation template already, so that a
 * template can let another account push.
 */
export function policiesForPush(
  operation: string,
  policies: StoredPolicies,
  store: Pick<Records, 'creationTemplates'>,
): Awaitable<StoredPolicies> {
  return operations.has(operation) ? withTemplates(policies, store) : policies
}

async function withTemplates(
  policies: StoredPolicies,
  store: Pick<Records, 'creationTemplates'>,
): Promise<StoredPolicies> {
  const { registry } = policies
  const withTemplate = async (target: Target): Promise<Target> => {
    const { repository } = target
    if (repository === undefined || isThere(target) !== false) return target
    const template = await templateForRepository(store, registry, repository, 'CREATE_ON_PUSH')
    return template?.repositoryPolicy === undefined
      ? target
      : { ...target, policy: { text: template.repositoryPolicy } }
  }
  const targets = await Promise.all([...policies.targets.values()].map(withTemplate))
  return { ...policies, targets: new Map(targets.map((target) => [target.resource, target])) }
}

/** Whether the repository that a target names was found; undefined if it was not read. */
export const isThere = ({ record }: Target): boolean | undefined =>
  record === undefined ? undefined : record.found !== undefined
