import type { AccessQuestion, ApplicablePolicies, AttachedPolicy } from '../iam/policy.js'
import { accountSetting } from '../registry/account-settings.js'
import { type Records, REGISTRY_POLICY } from '../registry/ports/store.js'
import { type Registry, repositoryArn } from '../registry/registry.js'
import { brokenNameConstraint } from '../registry/repositories/repository-name.js'
import type { AccessRequest } from './authorize.js'
import { asksForResourceTags, conditionValues } from './condition-keys.js'
import type { Identities, IdentityPolicies } from './identities.js'
import type { PolicyParser } from './parsed-policies.js'
import {
  actionsOfScopeV1,
  resourcePolicyMayAllow,
  type ResourcePolicyWeights,
  weightsFor,
} from './resource-policies.js'

/** One access question with every policy that applies to it. */
export interface AccessCase {
  readonly question: AccessQuestion
  readonly policies: ApplicablePolicies
}

/** The sources of policies and resource tags. */
export interface AccessCaseDeps {
  readonly store: Pick<Records, 'registryPolicies' | 'repositoryPolicies' | 'repositories' | 'accountSettings'>
  readonly identities: Pick<Identities, 'policiesOf' | 'membershipOf' | 'policyParser'>
}

/**
 * Gathers the policies and condition values that decide whether the principal may take the action on each of these
 * resources, in reads that go out together. No policy applies to a principal that does not exist (any more). `supposed`
 * replaces the repository's own policy, to decide by a policy that is yet to be set.
 */
export async function accessCases(
  request: AccessRequest,
  deps: AccessCaseDeps,
  supposed?: AttachedPolicy,
): Promise<AccessCase[]> {
  const { store } = deps
  const registry = registryOfRequest(request)
  const own = deps.identities.policiesOf(request.principal)
  const targets = request.resources.map((resource) => ({ resource, repository: repositoryNamed(resource, registry) }))
  const { membershipOf, policyParser } = deps.identities
  const attached = own ? await resourcePolicies({ action: request.action, registry, targets, supposed }, deps) : []
  const policies = targets.map((_, index) => applicable(own, attached[index], request, policyParser))
  const tags = policies.some((each) => hasKeys(each, asksForResourceTags))
    ? await Promise.all(targets.map(({ repository }) => tagsOf(repository, registry, store)))
    : []
  return targets.map((target, index) =>
    caseOf({ ...request, registry, membershipOf }, target, policies[index] ?? none, own, tags[index]),
  )
}

/** The policies of a principal that does not exist. */
const none: ApplicablePolicies = { identity: [], resource: [] }

function applicable(
  own: IdentityPolicies | undefined,
  resource: AttachedPolicy[] = [],
  { principal }: AccessRequest,
  { session }: PolicyParser,
): ApplicablePolicies {
  if (!own) return none
  const { identity, boundary, serviceControl } = own
  return { identity, resource, boundary, serviceControl, session: principal.session?.policies?.map(session) }
}

function caseOf(
  request: AccessRequest & Pick<Identities, 'membershipOf'>,
  { resource, repository }: Target,
  policies: ApplicablePolicies,
  own: IdentityPolicies | undefined,
  resourceTags: Record<string, string> | undefined,
): AccessCase {
  const { principal, action, registry } = request
  const resourceAccount = accountOf(resource, registry)
  const conditions = hasKeys(policies, hasAny)
    ? conditionValues({ ...request, identity: own, resourceAccount, resourceTags })
    : {}
  const mayAllow = {
    resourcePolicyMayAllow: own !== undefined && resourcePolicyMayAllow(action, repository !== undefined),
  }
  return {
    question: { principal: questionPrincipal(principal), action, resource, resourceAccount, conditions, ...mayAllow },
    policies,
  }
}

/** A resource of the request, and the repository it names, if it names one. */
interface Target {
  readonly resource: string
  readonly repository: string | undefined
}

type Stores = AccessCaseDeps['store']

/** GetAuthorizationToken is authorized in the caller's own account, whatever registry the token is for. */
const registryOfRequest = ({ action, registry, principal }: AccessRequest): Registry =>
  action === 'ecr:GetAuthorizationToken' ? { ...registry, account: principal.account } : registry

/** The caller, by the names a policy may use for it. */
export const questionPrincipal = ({
  arn,
  account,
  session,
}: AccessRequest['principal']): AccessQuestion['principal'] =>
  session?.roleArn === undefined ? { arn, account } : { arn, account, roleArn: session.roleArn }

/** The repository an ARN names; undefined for another kind of resource, another registry or an invalid name. */
function repositoryNamed(resource: string, registry: Registry): string | undefined {
  const prefix = repositoryArn(registry, '')
  const name = resource.slice(prefix.length)
  return resource.startsWith(prefix) && brokenNameConstraint(name) === undefined ? name : undefined
}

/** `*`, and any text that is not an ARN, belongs to the registry of the request. */
function accountOf(resource: string, registry: Registry): string {
  const [, , , , account = ''] = resource.split(':', 5)
  return account === '' ? registry.account : account
}

interface ResourcePoliciesQuestion {
  readonly action: AccessRequest['action']
  readonly registry: Registry
  readonly targets: readonly Target[]
  readonly supposed: AttachedPolicy | undefined
}

/** The registry policy and each repository policy that count for the action, in the order of the targets. */
async function resourcePolicies(
  { action, registry, targets, supposed }: ResourcePoliciesQuestion,
  deps: AccessCaseDeps,
): Promise<AttachedPolicy[][]> {
  const weights = weightsFor(action)
  const [ofRegistry, ...ofRepositories] = await Promise.all([
    registryPolicyFor(action, weights, registry, deps),
    ...targets.map(({ repository }) => supposed ?? repositoryPolicyFor(weights, registry, repository, deps)),
  ])
  return ofRepositories.map((ofRepository) => [ofRegistry, ofRepository].filter((policy) => policy !== undefined))
}

async function registryPolicyFor(
  action: AccessRequest['action'],
  { registry: weight }: ResourcePolicyWeights,
  registry: Registry,
  { store, identities }: AccessCaseDeps,
): Promise<AttachedPolicy | undefined> {
  if (weight === 'nothing') return undefined
  const record = await store.registryPolicies.get(registry, REGISTRY_POLICY)
  if (!record || !(await isInScope(action, registry, store))) return undefined
  return identities.policyParser.registry(record.text)[weight]
}

const isInScope = async (action: AccessRequest['action'], registry: Registry, store: Stores): Promise<boolean> =>
  actionsOfScopeV1.has(action) || (await accountSetting(store, registry, 'REGISTRY_POLICY_SCOPE')) === 'V2'

async function repositoryPolicyFor(
  { repository: weight }: ResourcePolicyWeights,
  registry: Registry,
  repository: string | undefined,
  { store, identities }: AccessCaseDeps,
): Promise<AttachedPolicy | undefined> {
  if (weight === 'nothing' || repository === undefined) return undefined
  const record = await store.repositoryPolicies.get(registry, repository)
  return record && identities.policyParser.repository(record.text)
}

/** Whether the condition keys of any applicable policy satisfy `test`. Values that no policy uses are not gathered. */
function hasKeys(
  { identity, resource, boundary = [], serviceControl = [], session = [] }: ApplicablePolicies,
  test: (conditionKeys: ReadonlySet<string>) => boolean,
): boolean {
  const passes = ({ policy }: AttachedPolicy) => test(policy.conditionKeys)
  return [identity, resource, boundary, serviceControl, session].some((policies) => policies.some(passes))
}

const hasAny = (conditionKeys: ReadonlySet<string>) => conditionKeys.size > 0

async function tagsOf(repository: string | undefined, registry: Registry, store: Stores) {
  const record = repository === undefined ? undefined : await store.repositories.get(registry, repository)
  return record && Object.fromEntries(record.tags.map(({ Key, Value }) => [Key, Value]))
}
