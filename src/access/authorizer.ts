import { evaluate } from '../iam/evaluate.js'
import type { AccessQuestion, AttachedPolicy, Decision } from '../iam/policy.js'
import { accessCase, type AccessCaseDeps } from './access-case.js'
import { accessRefusal } from './access-refusal.js'
import type { AccessRequest, Authorize } from './authorize.js'
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
      const { question, decision } = await decide(request, resource, deps)
      if (!decision.allowed) throw accessRefusal(question, decision)
    }
  }
}

/** Decides on one resource and remembers how; `supposed` is asked in place of the repository's own policy. */
export async function decide(
  request: AccessRequest,
  resource: string,
  deps: AuthorizerDeps,
  supposed?: AttachedPolicy,
): Promise<{ question: AccessQuestion; decision: Decision }> {
  const { question, policies } = await accessCase(request, resource, deps, supposed)
  const decision = evaluate(question, policies)
  deps.decisions.decided(request.request.requestId, { question, policies, decision })
  return { question, decision }
}
