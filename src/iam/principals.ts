import type { QuestionPrincipal } from './question.js'
import { type EitherElement, type LocatedValue, memberOf, objectAt, refuseAt, textsAt } from './reading.js'

/** Principal or NotPrincipal, compiled. */
export interface PrincipalElement {
  readonly isNegated: boolean
  readonly written: readonly string[]
  readonly isEveryone: boolean
  readonly arns: ReadonlySet<string>
  /** Account ids, also of those written as the ARN of their root. */
  readonly accounts: ReadonlySet<string>
  readonly services: ReadonlySet<string>
  /** ARNs of identity providers. */
  readonly federated: ReadonlySet<string>
  /** Accounts, and the session ARN prefixes of roles, for which the element also names something narrower. */
  readonly narrowed: ReadonlySet<string>
}

/** How a statement names the caller: by its own ARN, by its role, as everyone, or only by its account. */
export type Reach = 'itself' | 'role' | 'everyone' | 'account'

const TYPES = ['AWS', 'Service', 'Federated', 'CanonicalUser']
const ACCOUNT = /^(?:(\d{12})|arn:[a-z-]+:iam::(\d{12}):root)$/
const ARN = /^arn:[a-z-]+:(?:iam|sts)::\d{12}:[^*?]+$/

/**
 * Reads Principal or NotPrincipal. There are no canonical users here, so these are accepted and never match. Throws
 * PolicyError.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
export function parsePrincipals({ at, isNegated }: EitherElement): PrincipalElement {
  if (typeof at.value === 'string' && at.value !== '*') {
    refuseAt(at, `must be * or an object such as {"AWS": "111122223333"}, not ${at.value || 'an empty text'}`)
  }
  const types = at.value === '*' ? { value: { AWS: '*' }, path: at.path } : objectAt(at, TYPES)
  if (Object.keys(types.value).length === 0) refuseAt(types, 'must name at least one principal')
  const textsOf = (type: string) => (type in types.value ? textsAt(memberOf(types, type)) : [])
  const aws = textsOf('AWS').map(awsPrincipal)
  const accounts = aws.map(accountOf)
  const arns = aws.filter((text, index) => accounts[index] === undefined && text !== '*')
  return {
    isNegated,
    written: TYPES.flatMap((type) => textsOf(type).map(({ value }) => value)),
    isEveryone: aws.includes('*'),
    arns: new Set(arns),
    accounts: new Set(accounts.filter((account) => account !== undefined)),
    services: new Set(textsOf('Service').map(({ value }) => value)),
    federated: new Set(textsOf('Federated').map(({ value }) => value)),
    narrowed: new Set(arns.flatMap((arn) => [accountIn(arn), roleOf(arn)])),
  }
}

const accountIn = (arn: string): string => arn.split(':', 5).at(-1) ?? ''

/** The prefix that the ARNs of all sessions of a role share. */
const roleOf = (session: string): string => session.slice(0, session.lastIndexOf('/'))

function accountOf(text: string): string | undefined {
  const [, id, ofRoot] = ACCOUNT.exec(text) ?? []
  return id ?? ofRoot
}

function awsPrincipal(at: LocatedValue<string>): string {
  if (at.value === '*' || ACCOUNT.test(at.value) || ARN.test(at.value)) return at.value
  if (at.value.startsWith('arn:') && /[*?]/.test(at.value)) {
    refuseAt(at, `must name one principal: only a * by itself is a wildcard, not ${at.value}`)
  }
  return refuseAt(at, `must be *, an account id or the ARN of a principal, not ${at.value || 'an empty text'}`)
}

/** How the Principal element names the caller; undefined where it does not. */
export function reachOf(
  element: PrincipalElement,
  { arn, account, roleArn, service, federated }: QuestionPrincipal,
): Reach | undefined {
  if (element.arns.has(arn) || (service !== undefined && element.services.has(service))) return 'itself'
  if (federated !== undefined) return reachOfFederated(element, federated)
  if (roleArn !== undefined && element.arns.has(roleArn)) return 'role'
  if (element.isEveryone) return 'everyone'
  return element.accounts.has(account) ? 'account' : undefined
}

/** An identity of a provider belongs to no account, so a statement that names an account does not name it. */
function reachOfFederated({ federated, isEveryone }: PrincipalElement, provider: string): Reach | undefined {
  if (federated.has(provider)) return 'itself'
  return isEveryone ? 'everyone' : undefined
}

/**
 * Whether NotPrincipal exempts the caller from a denial. AWS checks the account first, then the role, then the session:
 * each has to be named, and a name does not cover what is below it if the element also names something narrower.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
 */
export function isExcepted(element: PrincipalElement, { arn, account, roleArn, service }: QuestionPrincipal): boolean {
  const { isEveryone, services, accounts, arns, narrowed } = element
  if (isEveryone || (service !== undefined && services.has(service))) return true
  if (!accounts.has(account)) return false
  if (!narrowed.has(account) || accountOf(arn) !== undefined) return true
  if (roleArn === undefined) return arns.has(arn)
  return arns.has(roleArn) && (arns.has(arn) || !narrowed.has(roleOf(arn)))
}
