import { changesNeeded } from './changes.js'
import { byType, evaluate } from './evaluate.js'
import { failuresOf } from './failures.js'
import type { AccessQuestion, ApplicablePolicies, Decision, PolicyType, Statement } from './policy.js'
import { askedOf } from './statement.js'

/** A decision with its reasons. */
export interface Explanation {
  readonly decision: Decision
  /** Every statement of every policy that applies. */
  readonly considered: readonly ConsideredStatement[]
  /** For a no: sentences that together say what would have to be otherwise. Empty for a yes. */
  readonly wouldChange: readonly string[]
}

/** What one statement had to say. */
export interface ConsideredStatement {
  readonly type: PolicyType
  readonly policy: string
  readonly sid?: string
  /** Its place in the policy, from 0. */
  readonly index: number
  readonly effect: Statement['effect']
  readonly matched: boolean
  /** Whether the decision is for this statement; true of one at most. */
  readonly decided: boolean
  /** For a statement that did not match, the elements that failed, with the values on both sides. */
  readonly because: readonly string[]
  readonly source: Statement['source']
}

/** Works out again what `evaluate` decided, and says why: of the same compiled statements, so the two cannot disagree. */
export function explain(question: AccessQuestion, policies: ApplicablePolicies): Explanation {
  const decision = evaluate(question, policies)
  const considered = consideredIn(question, policies)
  const { decidedBy } = decision
  const deciding = considered.find(
    ({ statement, type, policy }) =>
      statement === decidedBy?.statement && type === decidedBy.type && policy === decidedBy.policy,
  )
  return {
    decision,
    considered: considered.map((one) => described(one, one === deciding)),
    wouldChange: decision.allowed ? [] : changesNeeded(question, policies),
  }
}

type Considered = ReturnType<typeof consideredIn>[number]

function consideredIn(question: AccessQuestion, policies: ApplicablePolicies) {
  const asked = askedOf(question, policies)
  return byType(policies).flatMap(([type, attached]) =>
    attached.flatMap(({ name, policy }) =>
      policy.statements.map((statement) => ({ type, policy: name, statement, because: failuresOf(statement, asked) })),
    ),
  )
}

function described({ type, policy, statement, because }: Considered, decided: boolean): ConsideredStatement {
  const { sid, index, effect, source } = statement
  const matched = because.length === 0
  return { type, policy, ...(sid === undefined ? {} : { sid }), index, effect, matched, decided, because, source }
}
