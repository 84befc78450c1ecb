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
import type { DecidedRequest, DecisionLog, RecordedDecision } from './decision-log.js'
import { unknownActions } from '../known-actions.js'

/** Explains the requests of this plane's decision log, on demand and by the policies of that moment. */
export const decisionSource = (log: Pick<DecisionLog, 'find' | 'latestRefused'>): DecisionSource => ({
  async find(requestId) {
    const request = log.find(requestId)
    return request && explainedRequest(request)
  },
  latestRefused: async (limit) => log.latestRefused(limit).flatMap(refusedRequest),
})

/** A request of the log in the form that tools read. */
export function explainedRequest({ requestId, decisions, leftOut, end }: DecidedRequest): ExplainedRequest {
  const explained = {
    decisions: decisions.map(explainedDecision),
    ...(leftOut !== undefined && { decisionsLeftOut: leftOut }),
  }
  if (!end) return { requestId, outcome: 'in hand', ...explained }
  const { at, plane, operation, refusal, hint } = end
  const outcome = refusal ?? 'answered'
  return { requestId, at: isoTime(at), plane, operation, outcome, ...(hint !== undefined && { hint }), ...explained }
}

function refusedRequest({ requestId, end }: DecidedRequest): RefusedRequest[] {
  if (!end?.refusal) return []
  const { at, plane, operation, refusal, hint } = end
  return [{ requestId, at: isoTime(at), plane, operation, ...refusal, ...(hint !== undefined && { hint }) }]
}

const isoTime = (at: number) => new Date(at).toISOString()

function explainedDecision({ question, policies, decision, alsoNeeded }: RecordedDecision): ExplainedDecision {
  const { considered, wouldChange } = explain(question, policies)
  const { action, resource, principal } = question
  return {
    action,
    resource,
    principal: principal.arn,
    allowed: decision.allowed,
    ...(!decision.allowed && { type: decision.type }),
    ...(decision.decidedBy && { decidedBy: placeOf(decision.decidedBy) }),
    considered,
    conditions: usedValues(question, policies),
    wouldChange: alsoNeeded === undefined ? wouldChange : [alsoNeeded, ...wouldChange],
    statementsToAdd: decision.allowed ? [] : statementsToAdd(question, policies),
    warnings: warningsAbout(policies),
  }
}

const placeOf = ({ type, policy, statement: { sid, index } }: DecidingStatement): StatementPlace => ({
  type,
  policy,
  index,
  ...(sid !== undefined && { sid }),
})

const attachedIn = ({ identity, resource, boundary = [], session = [], serviceControl = [] }: ApplicablePolicies) => [
  ...serviceControl,
  ...resource,
  ...identity,
  ...boundary,
  ...session,
]

const warningsAbout = (policies: ApplicablePolicies) =>
  attachedIn(policies).flatMap(({ name, policy }) => unknownActions(policy).map((sentence) => `${sentence} (${name})`))

/** The values of those condition keys that the applicable policies use. */
function usedValues({ conditions }: AccessQuestion, policies: ApplicablePolicies): ExplainedDecision['conditions'] {
  const keys = new Set(attachedIn(policies).flatMap(({ policy }) => [...policy.conditionKeys]))
  return Object.fromEntries([...keys].sort().map((key) => [key, conditionValue(conditions, key) ?? null]))
}
