import { accountSetting, type AccountSettingValue } from '../registry/account-settings.js'
import { type Awaitable, whenAll } from '../registry/ports/awaitable.js'
import { type Records, REGISTRY_POLICY } from '../registry/ports/store.js'
import { type Registry, repositoryArn } from '../registry/registry.js'
import { violatedNameConstraint } from '../registry/repositories/repository-name.js'
import type { Policy, Repository } from '../registry/repositories/repository.js'

/** Where policies and tags are stored. */
export type PolicyStore = Pick<Records, 'registryPolicies' | 'repositoryPolicies' | 'repositories' | 'accountSettings'>

/** The policies of a registry, and what else it stores that affects decisions. */
export interface StoredPolicies {
  readonly registry: Registry
  readonly registryPolicy: Policy | undefined
  readonly registryPolicyScope: AccountSettingValue<'REGISTRY_POLICY_SCOPE'>
  /** Every resource that was asked about. */
  readonly targets: ReadonlyMap<string, Target>
}

/** A resource of a request, and what is stored about the repository that it names, if it names one. */
export interface Target {
  readonly resource: string
  readonly repository: string | undefined
  readonly policy: Policy | undefined
  /** The repository's record, for its tags; absent where it has not been read. */
  readonly record?: { readonly found: Repository | undefined }
}

/** Reads the policies of a registry and of the repositories among these resources, all together. */
export const storedPolicies = (
  registry: Registry,
  resources: readonly string[],
  store: PolicyStore,
): Awaitable<StoredPolicies> => read(registry, resources, store, { withTags: false })

/**
 * Reads everything that can affect a decision, including tags, concurrently: one round trip to a store across a
 * network, whatever the policies refer to. The result depends neither on the caller nor on the time, so the time can be
 * read concurrently.
 */
export const storedPoliciesAndTags = (
  registry: Registry,
  resources: readonly string[],
  store: PolicyStore,
): Awaitable<StoredPolicies> => read(registry, resources, store, { withTags: true })

function read(
  registry: Registry,
  resources: readonly string[],
  store: PolicyStore,
  { withTags }: { withTags: boolean },
): Awaitable<StoredPolicies> {
  const registryPolicy = store.registryPolicies.get(registry, REGISTRY_POLICY)
  const registryPolicyScope = accountSetting(store, registry, 'REGISTRY_POLICY_SCOPE')
  const targets = resources.map((resource) => readTarget(registry, resource, store, withTags))
  return whenAll([registryPolicy, registryPolicyScope, whenAll(targets, byResource)], ([policy, scope, targets]) => ({
    registry,
    registryPolicy: policy,
    registryPolicyScope: scope,
    targets,
  }))
}

const byResource = (targets: readonly Target[]) => new Map(targets.map((target) => [target.resource, target]))

function readTarget(registry: Registry, resource: string, store: PolicyStore, withTags: boolean): Awaitable<Target> {
  const repository = repositoryNameIn(resource, registry)
  if (repository === undefined) return { resource, repository, policy: undefined }
  // Both start before either is awaited, so that a failure of either is reported once.
  const record = withTags ? store.repositories.get(registry, repository) : undefined
  return whenAll([store.repositoryPolicies.get(registry, repository), record], ([policy, found]) =>
    withTags ? { resource, repository, policy, record: { found } } : { resource, repository, policy },
  )
}

/** The tags of the repository that a target names, read where they have not been. */
export async function tagsOf(
  { repository, record }: Target,
  registry: Registry,
  store: PolicyStore,
): Promise<Record<string, string> | undefined> {
  if (repository === undefined) return undefined
  const { found } = record ?? { found: await store.repositories.get(registry, repository) }
  return found && Object.fromEntries(found.tags.map(({ Key, Value }) => [Key, Value]))
}

/** Whether these policies are all there is to read for a request about these resources of a registry. */
export const coversResources = (
  { registry: { account, region }, targets }: StoredPolicies,
  registry: Registry,
  resources: readonly string[],
): boolean =>
  account === registry.account &&
  region === registry.region &&
  resources.every((resource) => targets.has(resource) || repositoryNameIn(resource, registry) === undefined)

/** The repository an ARN names; undefined for another kind of resource, another registry or an invalid name. */
function repositoryNameIn(resource: string, registry: Registry): string | undefined {
  const prefix = repositoryArn(registry, '')
  const name = resource.slice(prefix.length)
  return resource.startsWith(prefix) && violatedNameConstraint(name) === undefined ? name : undefined
}
