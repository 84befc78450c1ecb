import { accessCases } from './access-case.js'
import type { AccessRequest } from './authorize.js'
import { type AuthorizerDeps, decide } from './authorizer.js'
import { repositoryPolicy } from './parsed-policies.js'

/**
 * Whether who sets this repository policy could not set another one afterwards; the decision is remembered like those
 * on the request itself. https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_SetRepositoryPolicy.html
 */
export async function locksOut(
  policyText: string,
  request: Omit<AccessRequest, 'action' | 'resources'>,
  repositoryArn: string,
  deps: AuthorizerDeps,
): Promise<boolean> {
  const again: AccessRequest = { ...request, action: 'ecr:SetRepositoryPolicy', resources: [repositoryArn] }
  const supposed = { ...repositoryPolicy(policyText), name: 'repository policy that was to be set' }
  const cases = await accessCases(again, deps, supposed)
  return cases.some((asked) => !decide(asked, again, deps).allowed)
}
