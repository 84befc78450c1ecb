import { PolicyError } from '../iam/policy-error.js'
import type { Policy as ParsedPolicy, Statement } from '../iam/policy.js'
import { invalidRegistryPolicy, invalidRepositoryPolicy, type ServiceException } from '../registry/errors.js'
import { type Registry, repositoryArn } from '../registry/registry.js'
import type { Policy } from '../registry/repositories/repository.js'
import type { Identities } from './identities.js'
import { repeatsMember } from './repeated-member.js'
import { registryPolicy, repositoryPolicy } from './parsed-policies.js'

/** Against what the principals of a policy are checked. */
export interface AcceptPolicyDeps {
  readonly identities: Pick<Identities, 'isPrincipal'>
  /** Where any access key is taken there is no telling which principals exist. */
  readonly settings: { readonly principalsAreChecked: boolean }
}

/**
 * A registry policy as it was given: a policy document or, as in the user guide's own example, one bare statement, with
 * principals that exist, actions of ECR, and resources of this registry. Throws InvalidParameterException.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry-permissions.html
 */
export function acceptRegistryPolicy(text: string, registry: Registry, deps: AcceptPolicyDeps): Policy {
  const { statements } = parsed(text, () => registryPolicy(text).all.policy, invalidRegistryPolicy)
  const isGood = (statement: Statement) => isGoodAnywhere(statement, deps) && hasResourcesOf(registry, statement)
  if (statements.length === 0 || !statements.every(isGood)) throw invalidRegistryPolicy()
  return { text }
}

/**
 * A repository policy as it was given. Its statements are about the repository it is put on and name no resource: the service
 * refuses those that do, the repository's own ARN and `*` too (https://github.com/aws/aws-cdk/issues/24314). Throws
 * InvalidParameterException.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html
 */
export function acceptRepositoryPolicy(text: string, deps: AcceptPolicyDeps): Policy {
  const { statements } = parsed(text, () => repositoryPolicy(text).policy, invalidRepositoryPolicy)
  const isGood = (statement: Statement) => isGoodAnywhere(statement, deps) && namesNoResource(statement)
  if (statements.length === 0 || !statements.every(isGood)) throw invalidRepositoryPolicy()
  return { text }
}

/** What is no policy is refused, and so is a text that gives a member twice, for it could be read in two ways. */
function parsed(text: string, parse: () => ParsedPolicy, refusal: () => ServiceException): ParsedPolicy {
  try {
    const policy = parse()
    if (repeatsMember(text)) throw refusal()
    return policy
  } catch (error) {
    if (error instanceof PolicyError || error instanceof SyntaxError) throw refusal()
    throw error
  }
}

const isGoodAnywhere = (statement: Statement, deps: AcceptPolicyDeps) =>
  hasGoodPrincipals(statement, deps) && hasActionsOfEcr(statement)

/** Only services and IAM's own principals can call ECR: one of another kind names nobody. */
function hasGoodPrincipals({ source }: Statement, { identities, settings }: AcceptPolicyDeps): boolean {
  const named = source.Principal ?? source.NotPrincipal
  if (!isObject(named)) return named === '*'
  return Object.entries(named).every(([kind, names]) => {
    if (kind === 'Service') return textsIn(names).every((name) => SERVICE.test(name))
    if (kind !== 'AWS') return false
    return (
      !settings.principalsAreChecked || textsIn(names).every((name) => name === '*' || identities.isPrincipal(name))
    )
  })
}

const SERVICE = /^[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com$/

const hasActionsOfEcr = ({ source }: Statement): boolean =>
  textsIn(source.Action ?? source.NotAction).every((action) => action === '*' || /^ecr:/i.test(action))

function hasResourcesOf(registry: Registry, { source }: Statement): boolean {
  const resources = textsIn(source.Resource ?? source.NotResource)
  const prefix = repositoryArn(registry, '')
  const isOurs = (resource: string) => resource.startsWith(prefix) && resource.length > prefix.length
  return resources.length > 0 && resources.every((resource) => resource === '*' || isOurs(resource))
}

const namesNoResource = ({ source }: Statement): boolean =>
  source.Resource === undefined && source.NotResource === undefined

const textsIn = (value: unknown): string[] => [value].flat().filter((each) => typeof each === 'string')

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
