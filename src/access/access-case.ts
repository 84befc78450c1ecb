import type { AccessQuestion, ApplicablePolicies, AttachedPolicy } from '../iam/policy.js'
import { type Awaitable, whenAll } from '../registry/ports/awaitable.js'
import type { Registry } from '../registry/registry.js'
import type { AccessRequest } from './authorize.js'
import { asksForResourceTags, conditionValues } from './condition-keys.js'
import type { Identities, IdentityPolicies } from './identities.js'
import type { PolicyParser } from './parsed-policies.js'
import { actionsOfScopeV1, resourcePolicyMayAllow, weightsFor } from './resource-policies.js'
import {
  coversResources,
  type PolicyStore,
  storedPolicies,
  type StoredPolicies,
  tagsOf,
  type Target,
} from './stored-policies.js'

/** One access question with every policy that applies to it. */
export interface AccessCase {
  readonly question: AccessQuestion
  readonly policies: ApplicablePolicies
}

/** The sources of policies and resource tags. */
export interface AccessCaseDeps {
  readonly store: PolicyStore
  readonly identities: Pick<Identities, 'policiesOf' | 'membershipOf' | 'policyParser'>
}

/** What a decision is made from, besides the request. */
export interface DecisionSources {
  /** Undefined for a principal that does not exist (any more). */
  readonly own: IdentityPolicies | undefined
  readonly stored: StoredPolicies
}

/** The policies of the caller and those that are stored, which are read unless the request brings them along. */
export function decisionSources(
  request: AccessRequest,
  { store, identities }: AccessCaseDeps,
): Awaitable<DecisionSources> {
  const registry = registryOfRequest(request)
  const own = identities.policiesOf(request.principal)
  const { resources, policies: brought } = request
  if (brought && coversResources(brought, registry, resources)) return { own, stored: brought }
  return whenAll([storedPolicies(registry, resources, store)], ([stored]) => ({ own, stored }))
}

/**
 * Gathers the policies and condition values that decide whether the principal may take the action on each of these
 * resources, and reads tags if a policy needs them. No policy applies to a principal that does not exist (any
 * more). `supposed` replaces the repository's own policy, to decide by a policy that is yet to be set.
 */
export async function accessCases(
  request: AccessRequest,
  { own, stored }: DecisionSources,
  { store, identities: { membershipOf, policyParser } }: AccessCaseDeps,
  supposed?: AttachedPolicy,
): Promise<AccessCase[]> {
  const registry = registryOfRequest(request)
  const { resources } = request
  const targets = resources.map((resource) => stored.targets.get(resource) ?? withoutRepository(resource))
  const policies = targets.map((target) => {
    const attached = own ? resourcePolicies({ action: request.action, target, stored, supposed }, policyParser) : []
    return applicable(own, attached, request, policyParser)
  })
  const tags = policies.some((each) => hasKeys(each, asksForResourceTags))
    ? await Promise.all(targets.map((target) => tagsOf(target, registry, store)))
    : []
  return targets.map((target, index) =>
    caseOf({ ...request, registry, membershipOf }, target, policies[index] ?? none, own, tags[index]),
  )
}

const withoutRepository = (resource: string): Target => ({ resource, repository: undefined, policy: undefined })

/** The policies of a principal that does not exist. */
const none: ApplicablePolicies = { identity: [], resource: [] }

function applicable(
  own: IdentityPolicies | undefined,
  resource: AttachedPolicy[],
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

/** `*`, and any text that is not an ARN, belongs to the registry of the request. */
function accountOf(resource: string, registry: Registry): string {
  const [, , , , account = ''] = resource.split(':', 5)
  return account === '' ? registry.account : account
}

interface ResourcePoliciesQuestion {
  readonly action: AccessRequest['action']
  readonly target: Target
  readonly stored: StoredPolicies
  readonly supposed: AttachedPolicy | undefined
}

/** The registry policy and the repository policy, if they count for the action. */
function resourcePolicies(question: ResourcePoliciesQuestion, parser: PolicyParser): AttachedPolicy[] {
  const { action, target, stored, supposed } = question
  const weights = weightsFor(action)
  const ofRegistry = stored.registryPolicy && isInScope(action, stored) ? stored.registryPolicy : undefined
  const ofRepository = weights.repository === 'nothing' ? undefined : target.policy
  return [
    weights.registry === 'nothing' ? undefined : ofRegistry && parser.registry(ofRegistry.text)[weights.registry],
    supposed ?? (ofRepository && parser.repository(ofRepository.text)),
  ].filter((policy) => policy !== undefined)
}

const isInScope = (action: AccessRequest['action'], { registryPolicyScope }: StoredPolicies): boolean =>
  actionsOfScopeV1.has(action) || registryPolicyScope === 'V2'

/** Whether the condition keys of any applicable policy satisfy `test`. Values that no policy uses are not gathered. */
function hasKeys(
  { identity, resource, boundary = [], serviceControl = [], session = [] }: ApplicablePolicies,
  test: (conditionKeys: ReadonlySet<string>) => boolean,
): boolean {
  const passes = ({ policy }: AttachedPolicy) => test(policy.conditionKeys)
  return [identity, resource, boundary, serviceControl, session].some((policies) => policies.some(passes))
}

const hasAny = (conditionKeys: ReadonlySet<string>) => conditionKeys.size > 0
