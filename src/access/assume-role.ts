import { evaluate } from '../iam/evaluate.js'
import type { AccessQuestion, ApplicablePolicies, Decision } from '../iam/policy.js'
import { ServiceException } from '../registry/errors.js'
import type { Principal, Session } from '../registry/principal.js'
import type { RequestContext } from '../registry/request-context.js'
import { asNamed } from './access-case.js'
import type { Action, Conditions } from './authorize.js'
import { conditionValues } from './condition-keys.js'
import type { DecisionLog } from './explain/decision-log.js'
import type { Identities, Role } from './identities.js'
import { sessionPolicy } from './parsed-policies.js'
import { conditionsOfRoleTags } from './role-tags.js'

/** Who wants to become what, and how the session is to be. */
export interface AssumeRoleRequest {
  readonly principal: Principal
  readonly roleArn: string
  readonly sessionName: string
  /** Texts of the session policies. */
  readonly policies: readonly string[]
  readonly tags: Readonly<Record<string, string>>
  readonly transitiveTagKeys: readonly string[]
  readonly externalId: string | undefined
  readonly region: string
  readonly request: RequestContext
}

/** Where roles and policies come from, and where decisions are remembered. */
export interface AssumeRoleDeps {
  readonly identities: Pick<Identities, 'role' | 'policiesOf' | 'membershipOf'>
  readonly decisions: Pick<DecisionLog, 'decided'>
}

/**
 * The role, where its trust policy lets the caller in and nothing of the caller's own stands against it; whoever passes
 * tags must also be let tag. Throws AccessDeniedException, for a role that is not there too: who may not assume a role
 * does not learn whether it exists.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_permissions-required
 */
export function assumableRole(asked: AssumeRoleRequest, deps: AssumeRoleDeps): Role {
  const role = deps.identities.role(asked.roleArn)
  if (!role) {
    decide('sts:AssumeRole', roleNotThere(asked), asked, deps)
    throw refusal(asked, 'sts:AssumeRole')
  }
  const actions: Action[] =
    Object.keys(asked.tags).length > 0 ? ['sts:AssumeRole', 'sts:TagSession'] : ['sts:AssumeRole']
  for (const action of actions) {
    if (!decide(action, role, asked, deps).allowed) throw refusal(asked, action)
  }
  return role
}

/**
 * Who the caller is from now on. Tags the caller's own session passes on go with it.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_role-chaining
 */
export function roleSession({ account, name, roleId, arn }: Role, asked: AssumeRoleRequest): Principal {
  const { principal, sessionName, policies, tags, transitiveTagKeys } = asked
  const inherited = inheritedTags(principal.session)
  const session: Session = {
    issuedAt: asked.request.at,
    roleArn: arn,
    policies,
    tags: { ...inherited, ...tags },
    transitiveTagKeys: [...Object.keys(inherited), ...transitiveTagKeys],
  }
  return {
    arn: `arn:aws:sts::${account}:assumed-role/${name}/${sessionName}`,
    account,
    userId: `${roleId}:${sessionName}`,
    session,
  }
}

/** The tags a session hands on to the next; the case of a tag's key does not count. */
export function inheritedTags({ tags = {}, transitiveTagKeys = [] }: Session = {}): Readonly<Record<string, string>> {
  const keys = new Set(transitiveTagKeys.map((key) => key.toLowerCase()))
  return Object.fromEntries(Object.entries(tags).filter(([key]) => keys.has(key.toLowerCase())))
}

/** What of a role decides who may assume it. */
interface AskedRole extends Pick<Role, 'arn' | 'account' | 'tags'> {
  /** Absent where there is no such role: then nobody may. */
  readonly trustPolicy?: Role['trustPolicy']
}

/** The caller is told that it may not; whoever asks why, that there is none. */
const roleNotThere = ({ roleArn }: AssumeRoleRequest): AskedRole => ({
  ...{ arn: roleArn, account: roleArn.split(':')[4] ?? '', tags: {} },
})

function decide(action: Action, role: AskedRole, asked: AssumeRoleRequest, deps: AssumeRoleDeps): Decision {
  const { principal, request, region } = asked
  const own = deps.identities.policiesOf(principal)
  const policies: ApplicablePolicies = {
    identity: own?.identity ?? [],
    resource: role.trustPolicy ? [role.trustPolicy] : [],
    boundary: own?.boundary,
    serviceControl: own?.serviceControl,
    session: principal.session?.policies?.map(sessionPolicy),
  }
  const question: AccessQuestion = {
    ...{ principal: asNamed(principal), action, resource: role.arn, resourceAccount: role.account },
    accountDelegates: true,
    conditions: conditionValues({
      ...{ principal, identity: own, request, resourceAccount: role.account },
      membershipOf: deps.identities.membershipOf,
      registry: { account: role.account, region },
      conditions: conditionsOf(role, asked),
    }),
  }
  const decision = evaluate(question, policies)
  const alsoNeeded = role.trustPolicy ? undefined : `There is no role ${role.arn}: define it in the configuration`
  deps.decisions.decided(request.requestId, { question, policies, decision, ...(alsoNeeded && { alsoNeeded }) })
  return decision
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-sts */
function conditionsOf(
  role: AskedRole,
  { sessionName, externalId, tags, transitiveTagKeys }: AssumeRoleRequest,
): Conditions {
  const keys = Object.keys(tags)
  return {
    ...conditionsOfRoleTags(role),
    'sts:RoleSessionName': sessionName,
    ...(externalId !== undefined && { 'sts:ExternalId': externalId }),
    ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value])),
    ...(keys.length > 0 && { 'aws:TagKeys': keys }),
    ...(transitiveTagKeys.length > 0 && { 'sts:TransitiveTagKeys': transitiveTagKeys }),
  }
}

/** STS does not say which policy it is for. */
const refusal = ({ principal, roleArn }: AssumeRoleRequest, action: Action) =>
  new ServiceException(
    'AccessDeniedException',
    `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${roleArn}`,
  )
