import { evaluate } from '../iam/evaluate.js'
import type { AccessQuestion, ApplicablePolicies } from '../iam/policy.js'
import type { Principal } from '../registry/principal.js'
import type { RequestContext } from '../registry/request-context.js'
import type { DecisionLog } from './explain/decision-log.js'
import type { Role } from './identities.js'
import { uniqueId } from './principal-ids.js'

/** What of a role its sessions are made of. A service-linked role has an id that follows from its ARN. */
type SessionRole = Pick<Role, 'arn' | 'account' | 'name'> & Partial<Pick<Role, 'roleId'>>

/** The session in which a service of AWS uses a role, since `issuedAt` in epoch milliseconds. */
export const serviceSession = (
  { arn, account, name, roleId = uniqueId('AROA', arn) }: SessionRole,
  sessionName: string,
  issuedAt?: number,
): Principal => ({
  arn: `arn:aws:sts::${account}:assumed-role/${name}/${sessionName}`,
  account,
  userId: `${roleId}:${sessionName}`,
  session: { roleArn: arn, ...(issuedAt !== undefined && { issuedAt }) },
})

/** An attempt of a service to assume a role. */
export interface ServiceAssumption {
  readonly role: Role
  /** The service principal, for example `ecr.amazonaws.com`. */
  readonly service: string
  readonly region: string
  /** Further condition keys of the request, in lower case. */
  readonly conditions: AccessQuestion['conditions']
  readonly request: RequestContext
}

/** Whether the trust policy of the role lets the service assume it. The decision is logged under the request. */
export function mayServiceAssume(
  { role, service, region, conditions, request }: ServiceAssumption,
  decisions: Pick<DecisionLog, 'decided'>,
): boolean {
  const question: AccessQuestion = {
    principal: { arn: service, account: role.account, service },
    action: 'sts:AssumeRole',
    resource: role.arn,
    resourceAccount: role.account,
    accountDelegates: true,
    conditions: {
      'aws:currenttime': new Date(request.at).toISOString(),
      'aws:principalisawsservice': 'true',
      'aws:principalservicename': service,
      'aws:requestedregion': region,
      ...conditions,
    },
  }
  const policies: ApplicablePolicies = { identity: [], resource: [role.trustPolicy] }
  const decision = evaluate(question, policies)
  decisions.decided(request.requestId, { question, policies, decision })
  return decision.allowed
}
