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

/** A case in one of the files in `cases`. Only `reason` and `expected` are required. */
interface Case {
  /** What the case tests, as a sentence. */
  readonly reason: string
  /** A name in PRINCIPALS, or another principal; alice if absent. */
  readonly principal?: string | QuestionPrincipal
  /** ecr:BatchGetImage if absent. */
  readonly action?: string
  /** TEAM_APP if absent. The owner is the account in the ARN, or OWNER if the ARN names none. */
  readonly resource?: string
  /** If absent, no key has a value. */
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

/** One policy or a list of policies. */
type Policies = PolicyText | readonly PolicyText[]

/**
 * An object with a Statement is used as it is; a string is the name of a managed policy. Any other object is the only
 * statement of a document of version 2012-10-17; the elements it leaves out default to Allow, every action, every
 * resource and every principal.
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

/** The tests below check the contents of the files. */
const casesIn = (file: string) => JSON.parse(readFileSync(new URL(file, DIRECTORY), 'utf8')) as readonly Case[]

const all = files.map((file) => ({ subject: file.replace('.json', '').replaceAll('-', ' '), cases: casesIn(file) }))

test('There are at least 300 policy evaluation cases, each with a reason of its own', () => {
  const reasons = all.flatMap(({ cases }) => cases.map(({ reason }) => reason))

  expect(reasons.length).toBeGreaterThanOrEqual(300)
  expect(reasons.filter((reason, index) => reasons.indexOf(reason) !== index)).toEqual([])
})

test('Every member of a policy evaluation case is known', () => {
  const members = all.flatMap(({ cases }) => cases.flatMap((each) => Object.keys(each)))

  expect(members.filter((member) => !MEMBERS.has(member))).toEqual([])
})

describe.each(all)('Policy evaluation: $subject', ({ cases }) => {
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

/** Checks that the deciding statement is marked, and that every statement that did not match gives a reason. */
function expectOneToDecide(considered: ReturnType<typeof explain>['considered'], { decidedBy }: Decision): void {
  const deciding = considered.filter(({ decided }) => decided)

  expect(deciding.map(({ type, policy, index }) => ({ type, policy, index }))).toEqual(
    decidedBy ? [{ type: decidedBy.type, policy: decidedBy.policy, index: decidedBy.statement.index }] : [],
  )
  expect(deciding.filter(({ matched }) => !matched)).toEqual([])
  expect(considered.filter(({ matched, because }) => !matched && because.length === 0)).toEqual([])
}
