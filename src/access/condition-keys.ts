import type { ConditionValues } from '../iam/policy.js'
import type { Principal } from '../registry/principal.js'
import type { Registry } from '../registry/registry.js'
import type { RequestContext } from '../registry/request-context.js'
import { isAnonymous } from './anonymous.js'
import type { Conditions } from './authorize.js'
import type { IdentityPolicies } from './identities.js'
import type { Membership, MembershipOf } from './organization.js'

/** The sources of the values of condition keys. */
export interface ConditionFacts {
  readonly principal: Principal
  /** Tags and user name of the caller. */
  readonly identity: Pick<IdentityPolicies, 'tags' | 'userName'> | undefined
  readonly request: RequestContext
  /** The registry of the request, for its Region. */
  readonly registry: Registry
  readonly resourceAccount: string
  /** The organization of the principal and of the resource. */
  readonly membershipOf: MembershipOf
  /** The tags of the resource, where a policy uses them. */
  readonly resourceTags?: Readonly<Record<string, string>> | undefined
  /** Condition keys that only this action has. */
  readonly conditions?: Conditions | undefined
}

/** A limit, since the cost of matching with wildcards grows with the length. */
const LONGEST_USER_AGENT = 1024

const isoTime = (time: number) => new Date(time).toISOString()

type Values = Record<string, ConditionValues[string]>

/**
 * The values of the condition keys of a request, by key in lower case. No AWS service calls on behalf of a principal
 * here, so `aws:CalledVia` is absent, and no request comes through a VPC, so `aws:SourceVpc` and the like are absent.
 * Called for every decision, so it does no more than copy.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
export function conditionValues(facts: ConditionFacts): ConditionValues {
  const { principal, identity, request, registry, resourceAccount, resourceTags, conditions } = facts
  const values: Values = {
    ...(isAnonymous(principal) ? { 'aws:principaltype': 'Anonymous' } : ofPrincipal(principal, facts)),
    'aws:username': identity?.userName,
    'aws:sourceip': request.sourceIp || undefined,
    'aws:useragent': request.userAgent.slice(0, LONGEST_USER_AGENT) || undefined,
    'aws:securetransport': String(request.isSecure),
    'aws:currenttime': isoTime(request.at),
    'aws:tokenissuetime': principal.session?.issuedAt === undefined ? undefined : isoTime(principal.session.issuedAt),
    'aws:epochtime': String(Math.floor(request.at / 1000)),
    'aws:requestedregion': registry.region,
    'aws:resourceaccount': resourceAccount,
  }
  addMembership(values, 'resource', facts.membershipOf(resourceAccount))
  addTags(values, 'aws:principaltag/', identity?.tags)
  addTags(values, 'aws:principaltag/', principal.session?.tags)
  addTags(values, 'aws:resourcetag/', resourceTags)
  addTags(values, 'ecr:resourcetag/', resourceTags)
  for (const key in conditions) values[key.toLowerCase()] = conditions[key]
  return values
}

/** The keys of a principal. None of its calls is made by an AWS service. */
const ofPrincipal = (principal: Principal, { membershipOf }: Pick<ConditionFacts, 'membershipOf'>): Values => {
  const values: Values = {
    'aws:principalarn': principal.session?.roleArn ?? principal.arn,
    'aws:principalaccount': principal.account,
    'aws:principaltype': principalType(principal),
    'aws:userid': principal.userId,
    'aws:sourceidentity': principal.session?.sourceIdentity,
    'aws:federatedprovider': principal.session?.federatedProvider,
    'aws:principalisawsservice': 'false',
    'aws:viaawsservice': 'false',
    'aws:multifactorauthpresent': principal.session && 'false',
  }
  addMembership(values, 'principal', membershipOf(principal.account))
  return values
}

/**
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalorgid
 */
function addMembership(values: Values, whose: 'principal' | 'resource', membership: Membership | undefined): void {
  if (!membership) return
  values[`aws:${whose}orgid`] = membership.id
  if (membership.path !== undefined) values[`aws:${whose}orgpaths`] = [membership.path]
}

/** Whether a policy uses the tags of the resource. Only then are they read from the store. */
export function asksForResourceTags(keys: ReadonlySet<string>): boolean {
  for (const key of keys) if (key.startsWith('aws:resourcetag/') || key.startsWith('ecr:resourcetag/')) return true
  return false
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable */
function principalType({ arn, session }: Principal): 'Account' | 'User' | 'AssumedRole' {
  if (session?.roleArn !== undefined) return 'AssumedRole'
  return arn.endsWith(':root') ? 'Account' : 'User'
}

function addTags(values: Values, prefix: string, tags: Readonly<Record<string, string>> | undefined): void {
  for (const key in tags) values[prefix + key.toLowerCase()] = tags[key]
}
