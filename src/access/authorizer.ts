import { evaluate } from '../iam/evaluate.js'
import { accessCase, type AccessCaseDeps } from './access-case.js'
import { accessRefusal } from './access-refusal.js'
import type { Authorize } from './authorize.js'
import type { DecisionLog } from './decision-log.js'

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
    for (const resource of request.resources) {
      const { question, policies } = await accessCase(request, resource, deps)
      const decision = evaluate(question, policies)
      deps.decisions.decided(request.request.requestId, { question, policies, decision })
      if (!decision.allowed) throw accessRefusal(question, decision)
    }
  }
}
