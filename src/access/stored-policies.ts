import { accountSetting, type AccountSettingValue } from '../registry/account-settings.js'
import { type Records, REGISTRY_POLICY } from '../registry/ports/store.js'
import { type Registry, repositoryArn } from '../registry/registry.js'
import { brokenNameConstraint } from '../registry/repositories/repository-name.js'
import type { Policy, Repository } from '../registry/repositories/repository.js'

/** Where policies and tags are stored. */
export type PolicyStore = Pick<Records, 'registryPolicies' | 'repositoryPolicies' | 'repositories' | 'accountSettings'>

/** What a registry stores that has a say in who may do what there. */
export interface StoredPolicies {
  readonly registry: Registry
  readonly registryPolicy: Policy | undefined
  readonly registryPolicyScope: AccountSettingValue<'REGISTRY_POLICY_SCOPE'>
  /** By repository, for every repository that was asked about. */
  readonly repositoryPolicies: ByRepository<Policy>
  /** The repositories, for their tags; absent where only policies were read. */
  readonly repositories?: ByRepository<Repository>
}

/** By name; undefined for a repository that has none, or that does not exist. */
export type ByRepository<T> = ReadonlyMap<string, T | undefined>

/** Reads the policies of a registry and of the repositories among these resources, all together. */
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
 * Reads everything that can matter to a decision at once, tags too: one round trip to a store across a network, whatever the
 * policies turn out to look at. It depends neither on the caller nor on the time, so that a plane reads the time meanwhile.
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
  const names = new Set(resources.flatMap((resource) => repositoryNamed(resource, registry) ?? []))
  return new Map(await Promise.all([...names].map(async (name) => [name, await read(name)] as const)))
}

/** Whether these policies are all there is to read for a request about these resources of a registry. */
export const areFor = (
  { registry: { account, region }, repositoryPolicies }: StoredPolicies,
  registry: Registry,
  resources: readonly string[],
): boolean =>
  account === registry.account &&
  region === registry.region &&
  resources.every((resource) => {
    const name = repositoryNamed(resource, registry)
    return name === undefined || repositoryPolicies.has(name)
  })

/** The repository an ARN is for; undefined for another kind of resource, another registry, or what is no name at all. */
export function repositoryNamed(resource: string, registry: Registry): string | undefined {
  const prefix = repositoryArn(registry, '')
  const name = resource.slice(prefix.length)
  return resource.startsWith(prefix) && brokenNameConstraint(name) === undefined ? name : undefined
}
