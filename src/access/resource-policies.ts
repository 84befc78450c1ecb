import type { Action } from './authorize.js'

/** How much the two resource-based policies of ECR count for an action. */
export interface ResourcePolicyWeights {
  /** Whether all of the registry policy counts, only its denials, or nothing. */
  readonly registry: 'all' | 'denials' | 'nothing'
  readonly repository: 'all' | 'nothing'
}

const usual: ResourcePolicyWeights = { registry: 'all', repository: 'all' }
const ofOtherServices: ResourcePolicyWeights = { registry: 'nothing', repository: 'nothing' }

/**
 * Only identity-based policies allow login and managing cache rules and creation templates, and a repository that is
 * yet to be created has no policy.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates-create.html
 */
const exceptions: Readonly<Partial<Record<Action, ResourcePolicyWeights>>> = {
  'ecr:CreatePullThroughCacheRule': { registry: 'denials', repository: 'nothing' },
  'ecr:CreateRepositoryCreationTemplate': { registry: 'denials', repository: 'nothing' },
  'ecr:UpdateRepositoryCreationTemplate': { registry: 'denials', repository: 'nothing' },
  'ecr:DescribeRepositoryCreationTemplates': { registry: 'denials', repository: 'nothing' },
  'ecr:DeleteRepositoryCreationTemplate': { registry: 'denials', repository: 'nothing' },
  'ecr:GetAuthorizationToken': { registry: 'denials', repository: 'nothing' },
  'ecr:CreateRepository': { registry: 'all', repository: 'nothing' },
}

/**
 * Which resource-based policies may allow or deny an action.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-iam.html
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html
 */
export const weightsFor = (action: Action): ResourcePolicyWeights =>
  action.startsWith('ecr:') ? (exceptions[action] ?? usual) : ofOtherServices

/**
 * Whether a resource-based policy alone could allow an action, whatever the scope of the registry policy. Explanations
 * then suggest it beside an identity-based policy.
 */
export function resourcePolicyMayAllow(action: Action, isOnRepository: boolean): boolean {
  const { registry, repository } = weightsFor(action)
  return (repository === 'all' && isOnRepository) || (registry === 'all' && actionsOfScopeV1.has(action))
}

/**
 * The actions a registry policy is consulted for while the account setting REGISTRY_POLICY_SCOPE is V1.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry-permissions-create.html
 */
export const actionsOfScopeV1: ReadonlySet<Action> = new Set<Action>([
  'ecr:ReplicateImage',
  'ecr:BatchImportUpstreamImage',
  'ecr:CreateRepository',
])
