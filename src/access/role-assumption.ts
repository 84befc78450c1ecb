import { evaluate } from '../iam/evaluate.js'
import type { AccessQuestion, ApplicablePolicies, Decision } from '../iam/policy.js'
import { ServiceException } from '../registry/errors.js'
import type { Principal, Session } from '../registry/principal.js'
import type { RequestContext } from '../registry/request-context.js'
import { questionPrincipal } from './access-case.js'
import type { Action, Conditions } from './authorize.js'
import { conditionValues } from './condition-keys.js'
import type { DecisionLog } from './explain/decision-log.js'
import type { Identities, Role } from './identities.js'
import { conditionsOfRoleTags } from './role-tags.js'

/** A request for AssumeRole: the caller, the role and the properties of the session. */
export interface AssumeRoleRequest {
  readonly principal: Principal
  readonly roleArn: string
  readonly sessionName: string
  /** Texts of the session policies. */
  readonly policies: readonly string[]
  readonly tags: Readonly<Record<string, string>>
  readonly transitiveTagKeys: readonly string[]
  readonly externalId: string | undefined
  /** Given by the caller, or that of its own session. */
  readonly sourceIdentity?: string | undefined
  readonly region: string
  readonly request: RequestContext
}

/** The properties of a session that its principal is made of. */
export type SessionRequest = Pick<
  AssumeRoleRequest,
  'principal' | 'sessionName' | 'policies' | 'tags' | 'transitiveTagKeys' | 'sourceIdentity' | 'request'
> &
  Pick<Session, 'federatedProvider'>

/** The sources of roles and policies, and the log of decisions. */
export interface AssumeRoleDeps {
  readonly identities: Pick<Identities, 'role' | 'policiesOf' | 'membershipOf' | 'policyParser'>
  readonly decisions: Pick<DecisionLog, 'decided'>
}

/**
 * The role, if its trust policy and the caller's own policies allow the caller to assume it; passing session tags also
 * takes sts:TagSession, and a source identity sts:SetSourceIdentity. Throws AccessDeniedException, also for a role that
 * does not exist, so that the caller does not learn whether it does.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_permissions-required
 */
export function requireAssumableRole(request: AssumeRoleRequest, deps: AssumeRoleDeps): Role {
  const role = deps.identities.role(request.roleArn)
  if (!role) {
    decide('sts:AssumeRole', missingRole(request), request, deps)
    throw assumeRoleRefusal(request, 'sts:AssumeRole')
  }
  const { principal, tags, sourceIdentity } = request
  const actions: Action[] = ['sts:AssumeRole']
  if (Object.keys(tags).length > 0) actions.push('sts:TagSession')
  if (sourceIdentity !== undefined) actions.push('sts:SetSourceIdentity')
  // A source identity, once set, stays the same in every session that follows.
  if ((principal.session?.sourceIdentity ?? sourceIdentity) !== sourceIdentity)
    throw assumeRoleRefusal(request, 'sts:SetSourceIdentity')
  for (const action of actions) {
    if (!decide(action, role, request, deps).allowed) throw assumeRoleRefusal(request, action)
  }
  return role
}

/**
 * The principal of the new session. It inherits the transitive tags of the caller's session.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_role-chaining
 */
export function roleSession({ account, name, roleId, arn }: Role, request: SessionRequest): Principal {
  const { principal, sessionName, policies, tags, transitiveTagKeys, sourceIdentity, federatedProvider } = request
  const inherited = inheritedTags(principal.session)
  const session: Session = {
    issuedAt: request.request.at,
    roleArn: arn,
    policies,
    tags: { ...inherited, ...tags },
    transitiveTagKeys: [...Object.keys(inherited), ...transitiveTagKeys],
    ...(sourceIdentity !== undefined && { sourceIdentity }),
    ...(federatedProvider !== undefined && { federatedProvider }),
  }
  return {
    arn: `arn:aws:sts::${account}:assumed-role/${name}/${sessionName}`,
    account,
    userId: `${roleId}:${sessionName}`,
    session,
  }
}

/** The transitive tags of a session. Tag keys compare without regard to case. */
export function inheritedTags({ tags = {}, transitiveTagKeys = [] }: Session = {}): Readonly<Record<string, string>> {
  const keys = new Set(transitiveTagKeys.map((key) => key.toLowerCase()))
  return Object.fromEntries(Object.entries(tags).filter(([key]) => keys.has(key.toLowerCase())))
}

/** The properties of a role that decide who may assume it. */
interface RoleToAssume extends Pick<Role, 'arn' | 'account' | 'tags'> {
  /** Absent where there is no such role. */
  readonly trustPolicy?: Role['trustPolicy']
}

/** Stands for a role that does not exist: the caller gets a denial, the explanation says that the role is missing. */
const missingRole = ({ roleArn }: AssumeRoleRequest): RoleToAssume => ({
  arn: roleArn,
  account: roleArn.split(':')[4] ?? '',
  tags: {},
})

function decide(action: Action, role: RoleToAssume, assume: AssumeRoleRequest, deps: AssumeRoleDeps): Decision {
  const { principal, request, region } = assume
  const own = deps.identities.policiesOf(principal)
  const policies: ApplicablePolicies = {
    identity: own?.identity ?? [],
    resource: role.trustPolicy ? [role.trustPolicy] : [],
    boundary: own?.boundary,
    serviceControl: own?.serviceControl,
    session: principal.session?.policies?.map(deps.identities.policyParser.session),
  }
  const question: AccessQuestion = {
    principal: questionPrincipal(principal),
    action,
    resource: role.arn,
    resourceAccount: role.account,
    accountDelegates: true,
    conditions: conditionValues({
      principal,
      identity: own,
      request,
      resourceAccount: role.account,
      membershipOf: deps.identities.membershipOf,
      registry: { account: role.account, region },
      conditions: conditionsOf(role, assume),
    }),
  }
  const decision = evaluate(question, policies)
  const alsoNeeded = role.trustPolicy ? undefined : `There is no role ${role.arn}: define it in the configuration`
  deps.decisions.decided(request.requestId, { question, policies, decision, ...(alsoNeeded && { alsoNeeded }) })
  return decision
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-sts */
function conditionsOf(
  role: RoleToAssume,
  { sessionName, externalId, tags, transitiveTagKeys, sourceIdentity }: AssumeRoleRequest,
): Conditions {
  const keys = Object.keys(tags)
  return {
    ...conditionsOfRoleTags(role),
    'sts:RoleSessionName': sessionName,
    ...(externalId !== undefined && { 'sts:ExternalId': externalId }),
    ...(sourceIdentity !== undefined && { 'sts:SourceIdentity': sourceIdentity }),
    ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value])),
    ...(keys.length > 0 && { 'aws:TagKeys': keys }),
    ...(transitiveTagKeys.length > 0 && { 'sts:TransitiveTagKeys': transitiveTagKeys }),
  }
}

/** Unlike ECR, STS does not name the policy type. */
const assumeRoleRefusal = ({ principal, roleArn }: AssumeRoleRequest, action: Action) =>
  new ServiceException(
    'AccessDeniedException',
    `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${roleArn}`,
  )
