import { evaluate } from '../iam/evaluate.js'
import type { AccessQuestion, Decision } from '../iam/policy.js'
import type { RequestContext } from '../registry/request-context.js'
import { anonymousPrincipal } from './anonymous.js'
import type { Action, Conditions } from './authorize.js'
import { conditionValues } from './condition-keys.js'
import type { DecisionLog } from './explain/decision-log.js'
import type { Identities, Role } from './identities.js'
import { conditionsOfRoleTags } from './role-tags.js'
import type { WebIdentity } from './web-identity.js'
import { webIdentityDenied } from './web-identity-errors.js'

/** A request for AssumeRoleWithWebIdentity: the verified identity, the role and the properties of the session. */
export interface WebIdentityRequest {
  readonly identity: WebIdentity
  readonly roleArn: string
  /** The account of the role, and of the identity's provider. */
  readonly account: string
  readonly sessionName: string
  readonly tags: Readonly<Record<string, string>>
  readonly transitiveTagKeys: readonly string[]
  readonly sourceIdentity?: string | undefined
  readonly durationSeconds?: number | undefined
  readonly region: string
  readonly request: RequestContext
}

/** The sources of roles, and the log of decisions. */
export interface WebIdentityAssumptionDeps {
  readonly identities: Pick<Identities, 'role' | 'membershipOf'>
  readonly decisions: Pick<DecisionLog, 'decided'>
}

/**
 * The role, if its trust policy allows the identity to assume it; session tags also take sts:TagSession and a source
 * identity takes sts:SetSourceIdentity. Throws AccessDenied, also for a role that does not exist.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
 */
export function requireRoleForWebIdentity(request: WebIdentityRequest, deps: WebIdentityAssumptionDeps): Role {
  const { roleArn, tags, sourceIdentity } = request
  const role = deps.identities.role(roleArn)
  const actions: Action[] = [
    'sts:AssumeRoleWithWebIdentity',
    ...(Object.keys(tags).length > 0 ? (['sts:TagSession'] as const) : []),
    ...(sourceIdentity === undefined ? [] : (['sts:SetSourceIdentity'] as const)),
  ]
  for (const action of actions)
    if (!decide(action, role, request, deps).allowed || !role) throw webIdentityDenied(action)
  if (!role) throw webIdentityDenied('sts:AssumeRoleWithWebIdentity')
  return role
}

function decide(
  action: Action,
  role: Role | undefined,
  asked: WebIdentityRequest,
  { identities, decisions }: WebIdentityAssumptionDeps,
): Decision {
  const { identity, roleArn, account, region, request } = asked
  const { arn } = identity.provider
  const policies = { identity: [], resource: role ? [role.trustPolicy] : [] }
  const question: AccessQuestion = {
    principal: { arn, account, federated: arn },
    action,
    resource: roleArn,
    resourceAccount: account,
    accountDelegates: true,
    conditions: conditionValues({
      principal: anonymousPrincipal(),
      identity: undefined,
      request,
      resourceAccount: account,
      membershipOf: identities.membershipOf,
      registry: { account, region },
      conditions: conditionsOf(role, asked),
    }),
  }
  const decision = evaluate(question, policies)
  const alsoNeeded = role ? undefined : `There is no role ${roleArn}: define it in the configuration`
  decisions.decided(request.requestId, { question, policies, decision, ...(alsoNeeded && { alsoNeeded }) })
  return decision
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif */
function conditionsOf(role: Role | undefined, asked: WebIdentityRequest): Conditions {
  const { identity, sessionName, tags, transitiveTagKeys, sourceIdentity, durationSeconds } = asked
  const keys = Object.keys(tags)
  return {
    ...(role && conditionsOfRoleTags(role)),
    ...claimConditions(identity),
    'aws:FederatedProvider': identity.provider.arn,
    'sts:RoleSessionName': sessionName,
    ...(durationSeconds !== undefined && { 'sts:DurationSeconds': String(durationSeconds) }),
    ...(sourceIdentity !== undefined && { 'sts:SourceIdentity': sourceIdentity }),
    ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value])),
    ...(keys.length > 0 && { 'aws:TagKeys': keys }),
    ...(transitiveTagKeys.length > 0 && { 'sts:TransitiveTagKeys': transitiveTagKeys }),
  }
}

/**
 * `<issuer>:sub`, `<issuer>:amr` and so on: each claim that is a text, a number, a boolean or a list of texts. `aud` is
 * the client id that was accepted, `oaud` the claim itself. Condition keys are case-insensitive and claims are not: the
 * claims of OpenID Connect are in lower case, and one of the user's own that is called `Sub` must not replace `sub`.
 */
function claimConditions({ provider: { host }, claims, audience }: WebIdentity): Conditions {
  const values = Object.entries(claims).flatMap(([claim, claimed]): [string, string | string[]][] => {
    const value = conditionValueOf(claimed)
    const isReplaced = claim !== claim.toLowerCase() && Object.hasOwn(claims, claim.toLowerCase())
    return value === undefined || isReplaced || claim === 'oaud' ? [] : [[claim === 'aud' ? 'oaud' : claim, value]]
  })
  return {
    ...Object.fromEntries(values.map(([claim, value]) => [`${host}:${claim.toLowerCase()}`, value])),
    [`${host}:aud`]: audience,
  }
}

function conditionValueOf(claimed: unknown): string | string[] | undefined {
  if (Array.isArray(claimed)) return claimed.every((item) => typeof item === 'string') ? claimed : undefined
  return ['string', 'number', 'boolean'].includes(typeof claimed) ? String(claimed) : undefined
}
