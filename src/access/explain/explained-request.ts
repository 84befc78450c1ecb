import { explain } from '../../iam/explain.js'
import {
  type AccessQuestion,
  type ApplicablePolicies,
  conditionValue,
  type DecidingStatement,
} from '../../iam/policy.js'
import type {
  DecisionSource,
  ExplainedDecision,
  ExplainedRequest,
  RefusedRequest,
  StatementPlace,
} from '../../registry/ports/decision-source.js'
import { statementsToAdd } from './advice.js'
import type { DecidedRequest, DecisionLog, MadeDecision } from './decision-log.js'
import { unknownActions } from '../known-actions.js'

/** A plane's own log, explained: worked out when somebody asks, from the policies as they were. */
export const decisionSource = (log: Pick<DecisionLog, 'find' | 'latestRefused'>): DecisionSource => ({
  async find(requestId) {
    const found = log.find(requestId)
    return found && explainedRequest(found)
  },
  latestRefused: async (limit) => log.latestRefused(limit).flatMap(refusedRequest),
})

/** A remembered request as tools read it. */
export function explainedRequest({ requestId, decisions, leftOut, end }: DecidedRequest): ExplainedRequest {
  const explained = {
    decisions: decisions.map(explainedDecision),
    ...(leftOut !== undefined && { decisionsLeftOut: leftOut }),
  }
  if (!end) return { requestId, outcome: 'in hand', ...explained }
  const { at, plane, operation, refusal, hint } = end
  const told = { outcome: refusal ?? 'answered', ...(hint !== undefined && { hint }) } as const
  return { requestId, at: isoTime(at), plane, operation, ...told, ...explained }
}

function refusedRequest({ requestId, end }: DecidedRequest): RefusedRequest[] {
  if (!end?.refusal) return []
  const { at, plane, operation, refusal, hint } = end
  return [{ requestId, at: isoTime(at), plane, operation, ...refusal, ...(hint !== undefined && { hint }) }]
}

const isoTime = (at: number) => new Date(at).toISOString()

function explainedDecision({ question, policies, decision, alsoNeeded }: MadeDecision): ExplainedDecision {
  const { considered, wouldChange } = explain(question, policies)
  const { action, resource, principal } = question
  return {
    ...{ action, resource, principal: principal.arn },
    allowed: decision.allowed,
    ...(!decision.allowed && { type: decision.type }),
    ...(decision.decidedBy && { decidedBy: placeOf(decision.decidedBy) }),
    ...{ considered, conditions: valuesLookedAt(question, policies) },
    wouldChange: alsoNeeded === undefined ? wouldChange : [alsoNeeded, ...wouldChange],
    statementsToAdd: decision.allowed ? [] : statementsToAdd(question, policies),
    warnings: warningsAbout(policies),
  }
}

const placeOf = ({ type, policy, statement: { sid, index } }: DecidingStatement): StatementPlace => ({
  ...{ type, policy, index },
  ...(sid !== undefined && { sid }),
})

const attachedIn = ({ identity, resource, boundary = [], session = [], serviceControl = [] }: ApplicablePolicies) => [
  ...[...serviceControl, ...resource, ...identity, ...boundary, ...session],
]

const warningsAbout = (policies: ApplicablePolicies) =>
  attachedIn(policies).flatMap(({ name, policy }) => unknownActions(policy).map((sentence) => `${sentence} (${name})`))

/** What no policy looks at explains nothing. */
function valuesLookedAt({ conditions }: AccessQuestion, policies: ApplicablePolicies): ExplainedDecision['conditions'] {
  const keys = new Set(attachedIn(policies).flatMap(({ policy }) => [...policy.conditionKeys]))
  return Object.fromEntries([...keys].sort().map((key) => [key, conditionValue(conditions, key) ?? null]))
}
