import { accessCases, decisionSources } from './access-case.js'
import type { AccessRequest } from './authorize.js'
import { type AuthorizerDeps, decide } from './authorizer.js'
import { parseRepositoryPolicy } from './parsed-policies.js'

/**
 * Whether the caller could no longer set the repository policy once this one is set. The decision is logged like those
 * on the request itself. https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_SetRepositoryPolicy.html
 */
export async function wouldLockOut(
  policyText: string,
  request: Omit<AccessRequest, 'action' | 'resources'>,
  repositoryArn: string,
  deps: AuthorizerDeps,
): Promise<boolean> {
  const again: AccessRequest = { ...request, action: 'ecr:SetRepositoryPolicy', resources: [repositoryArn] }
  const supposed = { ...parseRepositoryPolicy(policyText), name: 'repository policy that was to be set' }
  const cases = await accessCases(again, await decisionSources(again, deps), deps, supposed)
  return cases.some((each) => !decide(each, again, deps).decision.allowed)
}
