import type { QuestionPrincipal } from './question.js'
import { type Either, type Located, memberOf, objectAt, refuse, textsAt } from './reading.js'

/** Principal or NotPrincipal, compiled. */
export interface PrincipalElement {
  readonly isNegated: boolean
  readonly written: readonly string[]
  readonly isEveryone: boolean
  readonly arns: ReadonlySet<string>
  /** Account ids, also of those written as the ARN of their root. */
  readonly accounts: ReadonlySet<string>
  readonly services: ReadonlySet<string>
}

/** How a statement names the caller: by itself, by its role, with everyone, or only by its account. */
export type Reach = 'itself' | 'role' | 'everyone' | 'account'

const TYPES = ['AWS', 'Service', 'Federated', 'CanonicalUser']
const ACCOUNT = /^(?:(\d{12})|arn:[a-z-]+:iam::(\d{12}):root)$/
const ARN = /^arn:[a-z-]+:(?:iam|sts)::\d{12}:[^*?]+$/

/**
 * Reads Principal or NotPrincipal. Nobody here is a federated or canonical user, so these are accepted and match nobody.
 * Throws PolicyError.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
export function parsePrincipals({ at, isNegated }: Either): PrincipalElement {
  if (typeof at.value === 'string' && at.value !== '*') {
    refuse(at, `must be * or an object such as {"AWS": "111122223333"}, not ${at.value || 'an empty text'}`)
  }
  const types = at.value === '*' ? { value: { AWS: '*' }, path: at.path } : objectAt(at, TYPES)
  const textsOf = (type: string) => (type in types.value ? textsAt(memberOf(types, type)) : [])
  const aws = textsOf('AWS').map(awsPrincipal)
  const accounts = aws.map(accountOf)
  return {
    isNegated,
    written: TYPES.flatMap((type) => textsOf(type).map(({ value }) => value)),
    isEveryone: aws.includes('*'),
    arns: new Set(aws.filter((_, index) => accounts[index] === undefined)),
    accounts: new Set(accounts.filter((account) => account !== undefined)),
    services: new Set(textsOf('Service').map(({ value }) => value)),
  }
}

function accountOf(text: string): string | undefined {
  const [, id, ofRoot] = ACCOUNT.exec(text) ?? []
  return id ?? ofRoot
}

function awsPrincipal(at: Located<string>): string {
  if (at.value === '*' || ACCOUNT.test(at.value) || ARN.test(at.value)) return at.value
  if (at.value.startsWith('arn:') && /[*?]/.test(at.value)) {
    refuse(at, `must name one principal: only a * by itself is a wildcard, not ${at.value}`)
  }
  return refuse(at, `must be *, an account id or the ARN of a principal, not ${at.value || 'an empty text'}`)
}

/** How the statement names the caller; undefined where it does not. Whoever NotPrincipal leaves over is meant with everyone else. */
export function reachOf(element: PrincipalElement, principal: QuestionPrincipal): Reach | undefined {
  const reach = namedReach(element, principal)
  if (!element.isNegated) return reach
  return reach === undefined ? 'everyone' : undefined
}

function namedReach(element: PrincipalElement, { arn, account, roleArn, service }: QuestionPrincipal) {
  if (element.arns.has(arn) || (service !== undefined && element.services.has(service))) return 'itself'
  if (roleArn !== undefined && element.arns.has(roleArn)) return 'role'
  if (element.isEveryone) return 'everyone'
  return element.accounts.has(account) ? 'account' : undefined
}
