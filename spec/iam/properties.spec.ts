import fc from 'fast-check'
import { expect, test } from 'vitest'
import { evaluate } from '../../src/iam/evaluate.js'
import { type ConsideredStatement, explain } from '../../src/iam/explain.js'
import type { AccessQuestion, Decision } from '../../src/iam/policy.js'
import {
  compiled,
  FILTERS,
  GRANTS,
  type Kind,
  KINDS,
  places,
  policyTexts,
  type PolicyTexts,
  questions,
  statementOf,
  withStatement,
} from './random-policies.js'

/** A fixed seed, so that every failure can be reproduced. */
const RUNS = { seed: 20121017, numRuns: 500 }

const decide = (question: AccessQuestion, texts: PolicyTexts): Decision => evaluate(question, compiled(texts))

/**
 * Questions and policies, together with a statement of this effect and where to insert it into a policy of one of these
 * kinds.
 */
const additions = (effect: 'Allow' | 'Deny', kinds: readonly Kind[]) =>
  fc.tuple(questions, policyTexts, fc.constantFrom(...kinds)).chain(([question, texts, kind]) =>
    fc.record({
      question: fc.constant(question),
      texts: fc.constant(texts),
      kind: fc.constant(kind),
      statement: statementOf(kind, effect),
      place: places,
    }),
  )

test('Random questions and policies produce every kind of decision', () => {
  const samples = fc.sample(fc.tuple(questions, policyTexts), RUNS)
  const answers = samples.map(([question, texts]) => decide(question, texts))
  const allowed = answers.filter((answer) => answer.allowed)
  const silent = answers.flatMap((answer) => (answer.allowed || answer.decidedBy ? [] : [answer.type]))
  const denied = answers.flatMap((answer) => (answer.allowed || !answer.decidedBy ? [] : [answer.type]))

  expect(allowed.length).toBeGreaterThan(samples.length / 10)
  expect(new Set(silent).size).toBe(KINDS.length)
  expect(new Set(denied).size).toBe(KINDS.length)
})

test('Adding a Deny never turns a denial into permission', () => {
  fc.assert(
    fc.property(additions('Deny', KINDS), ({ question, texts, kind, statement, place }) => {
      const before = decide(question, texts)
      const after = decide(question, withStatement(texts, kind, statement, place))

      expect(after.allowed && !before.allowed).toBe(false)
    }),
    RUNS,
  )
})

test('Adding an Allow to an identity-based or resource-based policy never turns permission into a denial', () => {
  fc.assert(
    fc.property(additions('Allow', GRANTS), ({ question, texts, kind, statement, place }) => {
      const before = decide(question, texts)
      const after = decide(question, withStatement(texts, kind, statement, place))

      expect(before.allowed && !after.allowed).toBe(false)
    }),
    RUNS,
  )
})

test('Adding an Allow to a boundary, session or service control policy never turns permission into a denial', () => {
  fc.assert(
    fc.property(additions('Allow', FILTERS), ({ question, texts, kind, statement, place }) => {
      fc.pre(texts[kind].length > 0)
      const before = decide(question, texts)
      const after = decide(question, withStatement(texts, kind, statement, place))

      expect(before.allowed && !after.allowed).toBe(false)
    }),
    RUNS,
  )
})

test('A boundary, a session policy or a service control policy can only restrict permissions', () => {
  fc.assert(
    fc.property(questions, policyTexts, fc.constantFrom(...FILTERS), (question, texts, kind) => {
      const filtered = decide(question, texts)
      const unfiltered = decide(question, { ...texts, [kind]: [] })

      expect(filtered.allowed && !unfiltered.allowed).toBe(false)
    }),
    RUNS,
  )
})

test('An explicit Deny overrides every Allow, whichever policy it is in', () => {
  fc.assert(
    fc.property(questions, policyTexts, fc.constantFrom(...KINDS), places, (question, texts, kind, place) => {
      const everybody = kind === 'resource' ? { Principal: '*' } : {}
      const everything = { Effect: 'Deny', Action: '*', Resource: '*', ...everybody }
      const decision = decide(question, withStatement(texts, kind, everything, place))

      expect(decision.allowed).toBe(false)
      expect(decision.decidedBy?.statement.effect).toBe('Deny')
    }),
    RUNS,
  )
})

test('A permission is always decided by an Allow, and a denial by a Deny or by no statement', () => {
  fc.assert(
    fc.property(questions, policyTexts, (question, texts) => {
      const { allowed, decidedBy } = decide(question, texts)
      const effect = decidedBy?.statement.effect

      expect(allowed ? ['Allow'] : ['Deny', undefined]).toContain(effect)
    }),
    RUNS,
  )
})

test('The order of statements and policies does not change the decision', () => {
  const shuffled = <Item>(items: readonly Item[]) =>
    fc.shuffledSubarray([...items], { minLength: items.length, maxLength: items.length })
  const reordered = (texts: PolicyTexts): fc.Arbitrary<PolicyTexts> => {
    const each = (kind: Kind) => fc.tuple(...texts[kind].map(shuffled)).chain(shuffled)
    return fc.record({
      identity: each('identity'),
      resource: each('resource'),
      boundary: each('boundary'),
      session: each('session'),
      serviceControl: each('serviceControl'),
    })
  }
  const both = policyTexts.chain((texts) => fc.record({ texts: fc.constant(texts), changed: reordered(texts) }))

  fc.assert(
    fc.property(questions, both, (question, { texts, changed }) => {
      expect(answerOf(decide(question, changed))).toEqual(answerOf(decide(question, texts)))
    }),
    RUNS,
  )
})

/** The part of a decision that callers see. Which of several statements decided is not part of it. */
const answerOf = (decision: Decision) => ({
  allowed: decision.allowed,
  type: decision.allowed ? undefined : decision.type,
  effect: decision.decidedBy?.statement.effect,
})

test('explain lists every statement and agrees with evaluate', () => {
  fc.assert(
    fc.property(questions, policyTexts, (question, texts) => {
      const policies = compiled(texts)
      const decision = evaluate(question, policies)
      const { decision: explained, considered, wouldChange } = explain(question, policies)

      expect(explained).toEqual(decision)
      expect(considered.length).toBe(KINDS.flatMap((kind) => texts[kind].flat()).length)
      expect(considered.filter(({ decided }) => decided).length).toBe(decision.decidedBy ? 1 : 0)
      expect(wouldChange.length > 0).toBe(!decision.allowed)
    }),
    RUNS,
  )
})

test('explain reports for each statement whether it matched', () => {
  fc.assert(
    fc.property(questions, policyTexts, (question, texts) => {
      const { considered } = explain(question, compiled(texts))

      const boundary = texts.boundary.map(() => [{ Effect: 'Allow', Action: '*', Resource: '*' }])
      const alone = considered.map((each) => decidesAlone(question, each, boundary))
      expect(considered.map(({ matched }) => matched)).toEqual(alone)
    }),
    RUNS,
  )
})

/**
 * Whether this statement decides if it is the only one and there is no other account. Boundaries are kept, since a Deny
 * with NotPrincipal depends on whether there is one.
 */
function decidesAlone(
  question: AccessQuestion,
  { type, source }: ConsideredStatement,
  boundary: PolicyTexts['boundary'],
): boolean {
  const kind = type === 'resource-based policy' ? 'resource' : 'identity'
  const within = { ...question, resourceAccount: question.principal.account, accountDelegates: false }
  const none: PolicyTexts = { identity: [], resource: [], boundary, session: [], serviceControl: [] }
  return decide(within, { ...none, [kind]: [[source]] }).decidedBy !== undefined
}
