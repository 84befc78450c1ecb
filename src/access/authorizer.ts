import { evaluate } from '../iam/evaluate.js'
import { type AccessCase, type AccessCaseDeps, accessCases, decisionSources } from './access-case.js'
import { accessRefusal } from './access-refusal.js'
import type { AccessRequest, Authorize } from './authorize.js'
import type { DecisionLog, RecordedDecision } from './explain/decision-log.js'
import { rememberedDecisions } from './remembered-decisions.js'

/** The sources of a decision, and the log it is recorded in. */
export interface AuthorizerDeps extends AccessCaseDeps {
  readonly decisions: Pick<DecisionLog, 'decided'>
}

/**
 * Authorizes an action on each of its resources in turn. Throws AccessDeniedException for the first that is denied.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function authorizer(deps: AuthorizerDeps): Authorize {
  const remembered = rememberedDecisions()
  const { decisions } = deps
  return async (request) => {
    const sources = await decisionSources(request, deps)
    const known = remembered.find(request, sources)
    if (known) {
      decisions.decided(request.request.requestId, known)
      return requireAllowed(known)
    }
    for (const accessCase of await accessCases(request, sources, deps)) {
      const made = decide(accessCase, request, deps)
      remembered.remember(request, sources, made)
      requireAllowed(made)
    }
  }
}

/** Decides one case and records the decision. */
export function decide(
  { question, policies }: AccessCase,
  { request }: Pick<AccessRequest, 'request'>,
  { decisions }: Pick<AuthorizerDeps, 'decisions'>,
): RecordedDecision {
  const made = { question, policies, decision: evaluate(question, policies) }
  decisions.decided(request.requestId, made)
  return made
}

function requireAllowed({ question, decision }: RecordedDecision): void {
  if (!decision.allowed) throw accessRefusal(question, decision)
}
