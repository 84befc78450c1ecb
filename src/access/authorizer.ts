import { evaluate } from '../iam/evaluate.js'
import type { Decision } from '../iam/policy.js'
import { type AccessCase, type AccessCaseDeps, accessCases } from './access-case.js'
import { accessRefusal } from './access-refusal.js'
import type { AccessRequest, Authorize } from './authorize.js'
import type { DecisionLog } from './explain/decision-log.js'

/** What a decision is made of, and where it is remembered. */
export interface AuthorizerDeps extends AccessCaseDeps {
  readonly decisions: Pick<DecisionLog, 'decided'>
}

/**
 * Decides resource by resource; the first no is the answer. Throws AccessDeniedException.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function authorizer(deps: AuthorizerDeps): Authorize {
  return async (request) => {
    for (const asked of await accessCases(request, deps)) {
      const decision = decide(asked, request, deps)
      if (!decision.allowed) throw accessRefusal(asked.question, decision)
    }
  }
}

/** Decides a case and remembers how. */
export function decide(
  { question, policies }: AccessCase,
  { request }: Pick<AccessRequest, 'request'>,
  { decisions }: Pick<AuthorizerDeps, 'decisions'>,
): Decision {
  const decision = evaluate(question, policies)
  decisions.decided(request.requestId, { question, policies, decision })
  return decision
}
