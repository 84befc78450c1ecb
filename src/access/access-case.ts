import type { AccessQuestion, ApplicablePolicies, AttachedPolicy } from '../iam/policy.js'
import { accountSetting } from '../registry/account-settings.js'
import { type Records, REGISTRY_POLICY } from '../registry/ports/store.js'
import { type Registry, repositoryArn } from '../registry/registry.js'
import { brokenNameConstraint } from '../registry/repository-name.js'
import type { AccessRequest } from './authorize.js'
import { asksForResourceTags, conditionValues } from './condition-keys.js'
import type { Identities } from './identities.js'
import { registryPolicy, repositoryPolicy, sessionPolicy } from './parsed-policies.js'
import {
  actionsOfScopeV1,
  resourcePolicyMayAllow,
  type ResourcePolicyWeights,
  weightsFor,
} from './resource-policies.js'

/** One question and every policy that has a say in its answer. */
export interface AccessCase {
  readonly question: AccessQuestion
  readonly policies: ApplicablePolicies
}

/** Where policies and tags come from. */
export interface AccessCaseDeps {
  readonly store: Pick<Records, 'registryPolicies' | 'repositoryPolicies' | 'repositories' | 'accountSettings'>
  readonly identities: Pick<Identities, 'policiesOf'>
}

/**
 * Gathers what decides whether a principal may take an action on one resource. For a principal nobody knows (any more)
 * no policy applies. `supposed` is asked in place of the repository's own policy.
 */
export async function accessCase(
  request: AccessRequest,
  resource: string,
  { store, identities }: AccessCaseDeps,
  supposed?: AttachedPolicy,
): Promise<AccessCase> {
  const { principal, action } = request
  const registry = registryAsked(request)
  const repository = repositoryNamed(resource, registry)
  const own = identities.policiesOf(principal)
  const policies: ApplicablePolicies = own
    ? {
        identity: own.identity,
        resource: await resourcePolicies(action, registry, repository, store, supposed),
        boundary: own.boundary,
        serviceControl: own.serviceControl,
        session: principal.session?.policies?.map(sessionPolicy),
      }
    : { identity: [], resource: [] }
  const resourceTags = asks(policies, asksForResourceTags) ? await tagsOf(repository, registry, store) : undefined
  const resourceAccount = accountOf(resource, registry)
  const conditions = asks(policies, hasAny)
    ? conditionValues({ ...request, registry, identity: own, resourceAccount, resourceTags })
    : {}
  const mayAllow = {
    resourcePolicyMayAllow: own !== undefined && resourcePolicyMayAllow(action, repository !== undefined),
  }
  return {
    question: { principal: asNamed(principal), action, resource, resourceAccount, conditions, ...mayAllow },
    policies,
  }
}

type Stores = AccessCaseDeps['store']

/** A login is asked for in the caller's own account, whatever registry it is for. */
const registryAsked = ({ action, registry, principal }: AccessRequest): Registry =>
  action === 'ecr:GetAuthorizationToken' ? { ...registry, account: principal.account } : registry

/** The caller as policies may name it. */
export const asNamed = ({ arn, account, session }: AccessRequest['principal']): AccessQuestion['principal'] =>
  session?.roleArn === undefined ? { arn, account } : { arn, account, roleArn: session.roleArn }

/** The repository an ARN is for; undefined for another kind of resource, another registry, or what is no name at all. */
function repositoryNamed(resource: string, registry: Registry): string | undefined {
  const prefix = repositoryArn(registry, '')
  const name = resource.slice(prefix.length)
  return resource.startsWith(prefix) && brokenNameConstraint(name) === undefined ? name : undefined
}

/** `*` and what is no ARN belong to the registry asked. */
function accountOf(resource: string, registry: Registry): string {
  const [, , , , account = ''] = resource.split(':', 5)
  return account === '' ? registry.account : account
}

async function resourcePolicies(
  action: AccessRequest['action'],
  registry: Registry,
  repository: string | undefined,
  store: Stores,
  supposed?: AttachedPolicy,
): Promise<AttachedPolicy[]> {
  const weights = weightsFor(action)
  const found = await Promise.all([
    registryPolicyFor(action, weights, registry, store),
    supposed ?? repositoryPolicyFor(weights, registry, repository, store),
  ])
  return found.filter((policy) => policy !== undefined)
}

async function registryPolicyFor(
  action: AccessRequest['action'],
  { registry: weight }: ResourcePolicyWeights,
  registry: Registry,
  store: Stores,
): Promise<AttachedPolicy | undefined> {
  if (weight === 'nothing') return undefined
  const kept = await store.registryPolicies.get(registry, REGISTRY_POLICY)
  if (!kept || !(await isInScope(action, registry, store))) return undefined
  return registryPolicy(kept.text)[weight]
}

const isInScope = async (action: AccessRequest['action'], registry: Registry, store: Stores): Promise<boolean> =>
  actionsOfScopeV1.has(action) || (await accountSetting(store, registry, 'REGISTRY_POLICY_SCOPE')) === 'V2'

async function repositoryPolicyFor(
  { repository: weight }: ResourcePolicyWeights,
  registry: Registry,
  repository: string | undefined,
  store: Stores,
): Promise<AttachedPolicy | undefined> {
  if (weight === 'nothing' || repository === undefined) return undefined
  const kept = await store.repositoryPolicies.get(registry, repository)
  return kept && repositoryPolicy(kept.text)
}

/** Whether the condition keys of a policy are such; what no policy looks at need not be known. */
function asks(
  { identity, resource, boundary = [], serviceControl = [], session = [] }: ApplicablePolicies,
  areSuch: (conditionKeys: ReadonlySet<string>) => boolean,
): boolean {
  const isSuch = ({ policy }: AttachedPolicy) => areSuch(policy.conditionKeys)
  return [identity, resource, boundary, serviceControl, session].some((policies) => policies.some(isSuch))
}

const hasAny = (conditionKeys: ReadonlySet<string>) => conditionKeys.size > 0

async function tagsOf(repository: string | undefined, registry: Registry, store: Stores) {
  const found = repository === undefined ? undefined : await store.repositories.get(registry, repository)
  return found && Object.fromEntries(found.tags.map(({ Key, Value }) => [Key, Value]))
}
