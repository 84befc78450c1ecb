import type { AccessQuestion, ApplicablePolicies, AttachedPolicy } from '../iam/policy.js'
import { accountSetting } from '../registry/account-settings.js'
import { type Records, REGISTRY_POLICY } from '../registry/ports/store.js'
import { type Registry, repositoryArn } from '../registry/registry.js'
import { brokenNameConstraint } from '../registry/repositories/repository-name.js'
import type { AccessRequest } from './authorize.js'
import { asksForResourceTags, conditionValues } from './condition-keys.js'
import type { Identities, IdentityPolicies } from './identities.js'
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
  readonly identities: Pick<Identities, 'policiesOf' | 'membershipOf'>
}

/**
 * Gathers what decides whether a principal may take an action on each of these resources, all of it read together. For a
 * principal nobody knows (any more) no policy applies. `supposed` is asked in place of the repository's own policy.
 */
export async function accessCases(
  request: AccessRequest,
  deps: AccessCaseDeps,
  supposed?: AttachedPolicy,
): Promise<AccessCase[]> {
  const { store } = deps
  const registry = registryAsked(request)
  const own = deps.identities.policiesOf(request.principal)
  const asked = request.resources.map((resource) => ({ resource, repository: repositoryNamed(resource, registry) }))
  const { membershipOf } = deps.identities
  const attached = own ? await resourcePolicies(request.action, registry, asked, store, supposed) : []
  const policies = asked.map((_, index) => applicable(own, attached[index], request))
  const tags = policies.some((applying) => asks(applying, asksForResourceTags))
    ? await Promise.all(asked.map(({ repository }) => tagsOf(repository, registry, store)))
    : []
  return asked.map((one, index) =>
    caseOf({ ...request, registry, membershipOf }, one, policies[index] ?? none, own, tags[index]),
  )
}

/** For a principal nobody knows (any more). */
const none: ApplicablePolicies = { identity: [], resource: [] }

function applicable(
  own: IdentityPolicies | undefined,
  resource: AttachedPolicy[] = [],
  { principal }: AccessRequest,
): ApplicablePolicies {
  if (!own) return none
  const { identity, boundary, serviceControl } = own
  return { identity, resource, boundary, serviceControl, session: principal.session?.policies?.map(sessionPolicy) }
}

function caseOf(
  request: AccessRequest & Pick<Identities, 'membershipOf'>,
  { resource, repository }: Asked,
  policies: ApplicablePolicies,
  own: IdentityPolicies | undefined,
  resourceTags: Record<string, string> | undefined,
): AccessCase {
  const { principal, action, registry } = request
  const resourceAccount = accountOf(resource, registry)
  const conditions = asks(policies, hasAny)
    ? conditionValues({ ...request, identity: own, resourceAccount, resourceTags })
    : {}
  const mayAllow = {
    resourcePolicyMayAllow: own !== undefined && resourcePolicyMayAllow(action, repository !== undefined),
  }
  return {
    question: { principal: asNamed(principal), action, resource, resourceAccount, conditions, ...mayAllow },
    policies,
  }
}

/** A resource as it is asked for, and the repository of the registry that it names, if it does. */
interface Asked {
  readonly resource: string
  readonly repository: string | undefined
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

/** The policies of the registry and of each repository, in the order of what is asked. */
async function resourcePolicies(
  action: AccessRequest['action'],
  registry: Registry,
  asked: readonly Asked[],
  store: Stores,
  supposed?: AttachedPolicy,
): Promise<AttachedPolicy[][]> {
  const weights = weightsFor(action)
  const [ofRegistry, ...ofRepositories] = await Promise.all([
    registryPolicyFor(action, weights, registry, store),
    ...asked.map(({ repository }) => supposed ?? repositoryPolicyFor(weights, registry, repository, store)),
  ])
  return ofRepositories.map((ofRepository) => [ofRegistry, ofRepository].filter((policy) => policy !== undefined))
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
