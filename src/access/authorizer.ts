import { evaluate } from '../iam/evaluate.js'
import type { Decision } from '../iam/policy.js'
import { type AccessCase, type AccessCaseDeps, accessCases } from './access-case.js'
import { accessRefusal } from './access-refusal.js'
import type { AccessRequest, Authorize } from './authorize.js'
import type { DecisionLog } from './explain/decision-log.js'

/** The sources of a decision, and the log it is recorded in. */
export interface AuthorizerDeps extends AccessCaseDeps {
  readonly decisions: Pick<DecisionLog, 'decided'>
}

/**
 * Authorizes an action on each of its resources in turn. Throws AccessDeniedException for the first that is denied.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function authorizer(deps: AuthorizerDeps): Authorize {
  return async (request) => {
    for (const accessCase of await accessCases(request, deps)) {
      const decision = decide(accessCase, request, deps)
      if (!decision.allowed) throw accessRefusal(accessCase.question, decision)
    }
  }
}

/** Decides one case and records the decision. */
export function decide(
  { question, policies }: AccessCase,
  { request }: Pick<AccessRequest, 'request'>,
  { decisions }: Pick<AuthorizerDeps, 'decisions'>,
): Decision {
  const decision = evaluate(question, policies)
  decisions.decided(request.requestId, { question, policies, decision })
  return decision
}
