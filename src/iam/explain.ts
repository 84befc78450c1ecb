import { changesNeeded } from './changes.js'
import { byType, evaluate } from './evaluate.js'
import { failuresOf } from './failures.js'
import type { AccessQuestion, ApplicablePolicies, Decision, PolicyType, Statement } from './policy.js'
import { requestFacts } from './statement.js'

/** A decision with the statements it was made from. */
export interface Explanation {
  readonly decision: Decision
  /** Every statement of every policy that applies. */
  readonly considered: readonly ConsideredStatement[]
  /** For a denial, sentences that together say what would have to change. Empty where the request is allowed. */
  readonly wouldChange: readonly string[]
}

/** One statement and whether it matched the request. */
export interface ConsideredStatement {
  readonly type: PolicyType
  readonly policy: string
  readonly sid?: string
  /** Its place in the policy, from 0. */
  readonly index: number
  readonly effect: Statement['effect']
  readonly matched: boolean
  /** Whether this statement decided; true for one statement at most. */
  readonly decided: boolean
  /** For a statement that did not match, the elements that failed, with the values on both sides. */
  readonly because: readonly string[]
  readonly source: Statement['source']
}

/**
 * Evaluates the request again and says why it was decided so. It uses the compiled statements of `evaluate`, so the two
 * cannot disagree.
 */
export function explain(question: AccessQuestion, policies: ApplicablePolicies): Explanation {
  const decision = evaluate(question, policies)
  const considered = considerAll(question, policies)
  const { decidedBy } = decision
  const deciding = considered.find(
    ({ statement, type, policy }) =>
      statement === decidedBy?.statement && type === decidedBy.type && policy === decidedBy.policy,
  )
  return {
    decision,
    considered: considered.map((one) => describeStatement(one, one === deciding)),
    wouldChange: decision.allowed ? [] : changesNeeded(question, policies),
  }
}

type Considered = ReturnType<typeof considerAll>[number]

function considerAll(question: AccessQuestion, policies: ApplicablePolicies) {
  const facts = requestFacts(question, policies)
  return byType(policies).flatMap(([type, attached]) =>
    attached.flatMap(({ name, policy }) =>
      policy.statements.map((statement) => ({ type, policy: name, statement, because: failuresOf(statement, facts) })),
    ),
  )
}

function describeStatement({ type, policy, statement, because }: Considered, decided: boolean): ConsideredStatement {
  const { sid, index, effect, source } = statement
  const matched = because.length === 0
  return { type, policy, ...(sid === undefined ? {} : { sid }), index, effect, matched, decided, because, source }
}
