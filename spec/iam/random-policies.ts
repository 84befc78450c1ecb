import fc from 'fast-check'
import { parsePolicy } from '../../src/iam/parse.js'
import type {
  AccessQuestion,
  ApplicablePolicies,
  AttachedPolicy,
  ConditionValues,
  QuestionPrincipal,
} from '../../src/iam/policy.js'

/** A statement in the form in which policies are written. */
export type StatementText = Readonly<Record<string, unknown>>

/** A policy as the list of its statements. */
export type PolicyText = readonly StatementText[]

/** Policies of every kind as written: what properties modify and what fast-check prints for a failure. */
export type PolicyTexts = Readonly<Record<Kind, readonly PolicyText[]>>

/** Identity-based and resource-based policies grant permissions; the other three kinds only limit them. */
export const GRANTS = ['identity', 'resource'] as const

/** An empty list of one of these kinds limits nothing. */
export const FILTERS = ['boundary', 'session', 'serviceControl'] as const

/** The kinds of policy, by their names in ApplicablePolicies. */
export const KINDS = [...GRANTS, ...FILTERS] as const

/** A kind of policy. */
export type Kind = (typeof KINDS)[number]

const HERE = '111122223333'
const ABROAD = '444455556666'

const ALICE: QuestionPrincipal = { arn: `arn:aws:iam::${HERE}:user/alice`, account: HERE }
const BOB: QuestionPrincipal = { arn: `arn:aws:iam::${ABROAD}:user/bob`, account: ABROAD }
const BUILDER: QuestionPrincipal = {
  arn: `arn:aws:sts::${HERE}:assumed-role/builder/run`,
  account: HERE,
  roleArn: `arn:aws:iam::${HERE}:role/builder`,
}

const NAMES = [ALICE.arn, BOB.arn, BUILDER.arn, `arn:aws:iam::${HERE}:role/builder`, HERE, ABROAD]
const ACTIONS = ['ecr:BatchGetImage', 'ecr:PutImage', 'ecr:Batch*', 'ecr:?utImage', 'ecr:*']
const RESOURCES = [
  ...[`arn:aws:ecr:us-east-1:${HERE}:repository/alice`, `arn:aws:ecr:us-east-1:${HERE}:repository/team/app`],
  ...['arn:aws:ecr', 'arn:aws:ecr:*:*:repository/team/*', 'arn:aws:ecr:*:*:repository/${aws:username}', '*'],
]
const CONDITIONS = [
  { StringEquals: { 'aws:PrincipalTag/Team': 'blue' } },
  { StringNotEquals: { 'aws:PrincipalTag/Team': 'blue' } },
  { StringLikeIfExists: { 'aws:PrincipalTag/Team': 'b*' } },
  { StringEquals: { 'aws:ResourceTag/Team': '${aws:PrincipalTag/Team}' } },
  { StringNotEquals: { 'aws:ResourceTag/Team': '${aws:PrincipalTag/Team}' } },
  { 'ForAllValues:StringNotLike': { 'aws:TagKeys': '${aws:username}*' } },
  { Null: { 'aws:PrincipalTag/Team': 'true' } },
  { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } },
  { NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } },
  { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['Team', 'Stage'] } },
  { 'ForAnyValue:StringNotEquals': { 'aws:TagKeys': ['Team'] }, Bool: { 'aws:SecureTransport': 'true' } },
]

/** An element with one or more of these values, or sometimes its Not form. */
const either = (name: string, values: readonly string[], wrap: (chosen: string[]) => unknown = (chosen) => chosen) =>
  fc
    .tuple(fc.constantFrom(name, name, name, `Not${name}`), fc.subarray([...values], { minLength: 1 }))
    .map(([element, chosen]) => ({ [element]: wrap(chosen) }))

/** NotPrincipal is generated for Deny only: AWS does not support it with Allow. */
const principal = fc.oneof(
  fc.subarray(NAMES, { minLength: 1 }).map((AWS) => ({ Principal: { AWS } })),
  fc.constantFrom({ Principal: '*' }, { Principal: { AWS: BUILDER.arn } }, { Principal: { AWS: ALICE.arn } }),
)
const anyPrincipal = fc.oneof(
  principal,
  either('Principal', NAMES, (AWS) => ({ AWS })),
)
const nobody = fc.constant({})
const condition = fc.oneof(
  { weight: 2, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.constantFrom(...CONDITIONS).map((Condition) => ({ Condition })) },
)

/** Any statement of this effect for this kind of policy. */
export const statementOf = (kind: Kind, effect: 'Allow' | 'Deny'): fc.Arbitrary<StatementText> =>
  fc
    .tuple(
      either('Action', ACTIONS),
      either('Resource', RESOURCES),
      condition,
      kind !== 'resource' ? nobody : effect === 'Deny' ? anyPrincipal : principal,
    )
    .map(([actions, resources, asked, principals]) => ({
      Effect: effect,
      ...actions,
      ...resources,
      ...asked,
      ...principals,
    }))

/** Deny statements are rare, since a single one decides. */
const policy = (kind: Kind): fc.Arbitrary<PolicyText> =>
  fc.array(
    fc.oneof({ weight: 9, arbitrary: statementOf(kind, 'Allow') }, { weight: 1, arbitrary: statementOf(kind, 'Deny') }),
    { maxLength: 3 },
  )

const policies = (kind: Kind, maxLength: number) => fc.array(policy(kind), { maxLength })

/** Any policies of every kind. */
export const policyTexts: fc.Arbitrary<PolicyTexts> = fc.record({
  identity: policies('identity', 3),
  resource: policies('resource', 2),
  boundary: policies('boundary', 1),
  session: policies('session', 2),
  serviceControl: policies('serviceControl', 2),
})

const maybe = <Value>(...values: Value[]) => fc.option(fc.constantFrom(...values), { nil: undefined })

const conditions: fc.Arbitrary<ConditionValues> = fc.record({
  'aws:username': maybe('alice', 'team/app'),
  'aws:principaltag/team': maybe('blue', 'green'),
  'aws:resourcetag/team': maybe('blue', 'green'),
  'aws:sourceip': maybe('203.0.113.9', '192.0.2.1'),
  'aws:securetransport': maybe('true', 'false'),
  'aws:tagkeys': fc.option(fc.subarray(['Team', 'Stage', 'Owner']), { nil: undefined }),
})

/** Any question about the few names that the policies use, so that policies are likely to match it. */
export const questions: fc.Arbitrary<AccessQuestion> = fc.record({
  principal: fc.constantFrom(ALICE, BOB, BUILDER),
  action: fc.constantFrom('ecr:BatchGetImage', 'ecr:PutImage'),
  resource: fc.constantFrom(
    `arn:aws:ecr:us-east-1:${HERE}:repository/alice`,
    `arn:aws:ecr:us-east-1:${HERE}:repository/team/app`,
  ),
  resourceAccount: fc.constant(HERE),
  conditions,
  accountDelegates: fc.constantFrom(false, false, false, true),
})

/** Compiles all policies, each named after its kind and position. */
export function compiled(texts: PolicyTexts): ApplicablePolicies {
  const attached = (kind: Kind): AttachedPolicy[] =>
    texts[kind].map((Statement, index) => ({
      name: `${kind} ${index}`,
      policy: parsePolicy({ Version: '2012-10-17', Statement }, kind === 'resource' ? 'resource' : 'identity'),
    }))
  return {
    identity: attached('identity'),
    resource: attached('resource'),
    boundary: attached('boundary'),
    session: attached('session'),
    serviceControl: attached('serviceControl'),
  }
}

/** Where to insert a statement: numbers that are reduced modulo the number of positions. */
export const places = fc.record({ policy: fc.nat(), statement: fc.nat() })

/** Inserts a statement into a policy of this kind, or into a new policy if there is none. */
export function withStatement(
  texts: PolicyTexts,
  kind: Kind,
  statement: StatementText,
  place: { readonly policy: number; readonly statement: number },
): PolicyTexts {
  const of = texts[kind]
  const at = of.length === 0 ? 0 : place.policy % of.length
  const old = of[at] ?? []
  const changed = old.toSpliced(place.statement % (old.length + 1), 0, statement)
  return { ...texts, [kind]: of.toSpliced(at, 1, changed) }
}
