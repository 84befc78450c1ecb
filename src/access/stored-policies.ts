import { accountSetting, type AccountSettingValue } from '../registry/account-settings.js'
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
  /** The policies of all repositories among the resources that were requested. */
  readonly repositoryPolicies: ByRepository<Policy>
  /** The repositories, which have the tags; absent if only policies were read. */
  readonly repositories?: ByRepository<Repository>
}

/** Values by repository name; undefined for a repository that has none or does not exist. */
export type ByRepository<T> = ReadonlyMap<string, T | undefined>

/** Reads the policies of a registry and of the repositories among these resources, concurrently. */
export async function storedPolicies(
  registry: Registry,
  resources: readonly string[],
  store: PolicyStore,
): Promise<StoredPolicies> {
  const [registryPolicy, registryPolicyScope, repositoryPolicies] = await Promise.all([
    store.registryPolicies.get(registry, REGISTRY_POLICY),
    accountSetting(store, registry, 'REGISTRY_POLICY_SCOPE'),
    byRepository(registry, resources, (name) => store.repositoryPolicies.get(registry, name)),
  ])
  return { registry, registryPolicy, registryPolicyScope, repositoryPolicies }
}

/** Reads the repositories among these resources. */
export const storedRepositories = (
  registry: Registry,
  resources: readonly string[],
  { repositories }: PolicyStore,
): Promise<ByRepository<Repository>> => byRepository(registry, resources, (name) => repositories.get(registry, name))

/**
 * Reads everything that can affect a decision, including tags, concurrently: one round trip to a store across a
 * network, whatever the policies refer to. The result depends neither on the caller nor on the time, so the time can be
 * read concurrently.
 */
export async function storedPoliciesAndTags(
  registry: Registry,
  resources: readonly string[],
  store: PolicyStore,
): Promise<StoredPolicies> {
  const [policies, repositories] = await Promise.all([
    storedPolicies(registry, resources, store),
    storedRepositories(registry, resources, store),
  ])
  return { ...policies, repositories }
}

async function byRepository<T>(
  registry: Registry,
  resources: readonly string[],
  read: (name: string) => Promise<T | undefined>,
): Promise<ByRepository<T>> {
  const names = new Set(resources.flatMap((resource) => repositoryNameIn(resource, registry) ?? []))
  return new Map(await Promise.all([...names].map(async (name) => [name, await read(name)] as const)))
}

/** Whether these policies cover a request about these resources of a registry, so that nothing more has to be read. */
export const coversResources = (
  { registry: { account, region }, repositoryPolicies }: StoredPolicies,
  registry: Registry,
  resources: readonly string[],
): boolean =>
  account === registry.account &&
  region === registry.region &&
  resources.every((resource) => {
    const name = repositoryNameIn(resource, registry)
    return name === undefined || repositoryPolicies.has(name)
  })

/**
 * The name of the repository in an ARN; undefined if it is the ARN of another kind of resource or of another registry,
 * or contains no valid name.
 */
export function repositoryNameIn(resource: string, registry: Registry): string | undefined {
  const prefix = repositoryArn(registry, '')
  const name = resource.slice(prefix.length)
  return resource.startsWith(prefix) && violatedNameConstraint(name) === undefined ? name : undefined
}
