import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { managedPolicy } from '../../src/access/managed-policies.js'
import { evaluate } from '../../src/iam/evaluate.js'
import { explain } from '../../src/iam/explain.js'
import { parsePolicy } from '../../src/iam/parse.js'
import type {
  AccessQuestion,
  ApplicablePolicies,
  AttachedPolicy,
  ConditionValues,
  Decision,
  PolicyKind,
  QuestionPrincipal,
} from '../../src/iam/policy.js'

/** What a file of `cases` lists. Only the reason and the answer must be there. */
interface Case {
  /** What it tests, as a sentence. */
  readonly reason: string
  /** One of PRINCIPALS, or another; alice where absent. */
  readonly principal?: string | QuestionPrincipal
  /** ecr:BatchGetImage where absent. */
  readonly action?: string
  /** TEAM_APP where absent. Its ARN says whose it is: what names no account is OWNER's. */
  readonly resource?: string
  /** No key has a value where absent. */
  readonly conditions?: ConditionValues
  readonly identity?: Policies
  readonly 'resource-based'?: Policies
  /** The trust policy of the role that is the resource. */
  readonly trust?: Policies
  readonly boundary?: Policies
  readonly session?: Policies
  readonly serviceControl?: Policies
  /** "allowed", "denied: no …" or "denied: explicit deny in a …". */
  readonly expected: string
  /** The Sid of the statement that decides. */
  readonly by?: string
}

/** One policy, or a list of them. */
type Policies = PolicyText | readonly PolicyText[]

/**
 * A document (it has a Statement) is taken to the letter; a text is a managed policy by its name. Anything else is the only
 * statement of a document of the newer version; what it leaves out is Allow, every action, every resource, every principal.
 */
type PolicyText = string | Readonly<Record<string, unknown>>

const OWNER = '111122223333'
const TEAM_APP = `arn:aws:ecr:us-east-1:${OWNER}:repository/team/app`

const PRINCIPALS: Readonly<Record<string, QuestionPrincipal>> = {
  alice: { arn: `arn:aws:iam::${OWNER}:user/alice`, account: OWNER },
  root: { arn: `arn:aws:iam::${OWNER}:root`, account: OWNER },
  builder: {
    arn: `arn:aws:sts::${OWNER}:assumed-role/builder/run-7`,
    account: OWNER,
    roleArn: `arn:aws:iam::${OWNER}:role/builder`,
  },
  'pull through cache': {
    arn: `arn:aws:sts::${OWNER}:assumed-role/AWSServiceRoleForECRPullThroughCache/import`,
    account: OWNER,
    roleArn: `arn:aws:iam::${OWNER}:role/aws-service-role/pullthroughcache.ecr.amazonaws.com/AWSServiceRoleForECRPullThroughCache`,
    service: 'pullthroughcache.ecr.amazonaws.com',
  },
  bob: { arn: 'arn:aws:iam::444455556666:user/bob', account: '444455556666' },
  deployer: {
    arn: 'arn:aws:sts::444455556666:assumed-role/deployer/release',
    account: '444455556666',
    roleArn: 'arn:aws:iam::444455556666:role/deployer',
  },
}

const MEMBERS: ReadonlySet<string> = new Set([
  ...['reason', 'principal', 'action', 'resource', 'conditions', 'expected', 'by'],
  ...['identity', 'resource-based', 'trust', 'boundary', 'session', 'serviceControl'],
])

function questionOf({ principal = 'alice', action, resource = TEAM_APP, conditions = {}, trust }: Case) {
  const asking = typeof principal === 'string' ? PRINCIPALS[principal] : principal
  if (!asking) throw new Error(`nobody is called ${JSON.stringify(principal)}`)
  const question: AccessQuestion = {
    principal: asking,
    action: action ?? 'ecr:BatchGetImage',
    resource,
    resourceAccount: resource.split(':')[4] ?? OWNER,
    conditions: Object.fromEntries(Object.entries(conditions).map(([key, value]) => [key.toLowerCase(), value])),
  }
  return trust === undefined ? question : { ...question, accountDelegates: true }
}

const policiesOf = (given: Case): ApplicablePolicies => ({
  identity: attached('identity', 'identity', given.identity),
  resource: [
    ...attached('resource-based', 'resource', given['resource-based']),
    ...attached('trust', 'trust', given.trust),
  ],
  boundary: attached('boundary', 'identity', given.boundary),
  session: attached('session', 'identity', given.session),
  serviceControl: attached('service control', 'identity', given.serviceControl),
})

const attached = (name: string, kind: PolicyKind, policies: Policies = []): AttachedPolicy[] =>
  [policies].flat().map((policy, index) => ({
    name: `${name} ${index + 1}`,
    policy: parsePolicy(documentOf(policy, kind), kind),
  }))

const EVERYBODY = { Principal: '*' }
const EVERYTHING = { Resource: '*' }
const UNSAID: Readonly<Record<PolicyKind, object>> = {
  identity: EVERYTHING,
  resource: { ...EVERYBODY, ...EVERYTHING },
  trust: EVERYBODY,
}

function documentOf(policy: PolicyText, kind: PolicyKind): unknown {
  if (typeof policy === 'string') return managedPolicy(policy)?.document ?? policy
  if ('Statement' in policy) return policy
  const unsaid = Object.entries({ Effect: 'Allow', Action: '*', ...UNSAID[kind] })
  const missing = unsaid.filter(([element]) => !(element in policy || `Not${element}` in policy))
  return { Version: '2012-10-17', Statement: { ...Object.fromEntries(missing), ...policy } }
}

function sentenceOf(decision: Decision): string {
  if (decision.allowed) return 'allowed'
  if (!decision.decidedBy) return `denied: no ${decision.type}`
  return `denied: explicit deny in ${decision.type.startsWith('identity') ? 'an' : 'a'} ${decision.type}`
}

const DIRECTORY = new URL('cases/', import.meta.url)
const files = readdirSync(DIRECTORY).filter((name) => name.endsWith('.json'))

/** What the files hold is told by the checks below. */
const casesIn = (file: string) => JSON.parse(readFileSync(new URL(file, DIRECTORY), 'utf8')) as readonly Case[]

const all = files.map((file) => ({ subject: file.replace('.json', '').replaceAll('-', ' '), cases: casesIn(file) }))

test('there are at least 300 cases, each with a reason of its own', () => {
  const reasons = all.flatMap(({ cases }) => cases.map(({ reason }) => reason))

  expect(reasons.length).toBeGreaterThanOrEqual(300)
  expect(reasons.filter((reason, index) => reasons.indexOf(reason) !== index)).toEqual([])
})

test('no case has a member that nobody reads', () => {
  const members = all.flatMap(({ cases }) => cases.flatMap((each) => Object.keys(each)))

  expect(members.filter((member) => !MEMBERS.has(member))).toEqual([])
})

describe.each(all)('$subject', ({ cases }) => {
  test.each(cases)('$reason', (given) => {
    const question = questionOf(given)
    const policies = policiesOf(given)

    const decision = evaluate(question, policies)
    expect(sentenceOf(decision)).toBe(given.expected)
    if (given.by !== undefined) expect(decision.decidedBy?.statement.sid).toBe(given.by)

    const explanation = explain(question, policies)
    expect(explanation.decision).toEqual(decision)
    expectOneToDecide(explanation.considered, decision)
    expect(explanation.wouldChange.length > 0).toBe(!decision.allowed)
  })
})

/** Every statement is considered; the one that decided says so, and those that did not match say why. */
function expectOneToDecide(considered: ReturnType<typeof explain>['considered'], { decidedBy }: Decision): void {
  const deciding = considered.filter(({ decided }) => decided)

  expect(deciding.map(({ type, policy, index }) => ({ type, policy, index }))).toEqual(
    decidedBy ? [{ type: decidedBy.type, policy: decidedBy.policy, index: decidedBy.statement.index }] : [],
  )
  expect(deciding.filter(({ matched }) => !matched)).toEqual([])
  expect(considered.filter(({ matched, because }) => !matched && because.length === 0)).toEqual([])
}
