import { PolicyError } from '../iam/policy-error.js'
import type { Policy as ParsedPolicy, Statement } from '../iam/policy.js'
import { invalidRegistryPolicy, invalidRepositoryPolicy, type ServiceException } from '../registry/errors.js'
import { type Registry, repositoryArn } from '../registry/registry.js'
import type { Policy } from '../registry/repositories/repository.js'
import type { Identities } from './identities.js'
import { hasRepeatedMember } from './repeated-member.js'
import { parseRegistryPolicy, parseRepositoryPolicy } from './parsed-policies.js'

/** What the principals of a policy are checked against. */
export interface AcceptPolicyDeps {
  readonly identities: Pick<Identities, 'isPrincipal'>
  /** False where any access key is accepted: then any principal may exist. */
  readonly settings: { readonly principalsAreChecked: boolean }
}

/**
 * Accepts a registry policy: a policy document or, as in the user guide's own example, one bare statement, with
 * principals that exist, actions of ECR and resources of this registry. The text is stored as given. Throws
 * InvalidParameterException.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry-permissions.html
 */
export function acceptRegistryPolicy(text: string, registry: Registry, deps: AcceptPolicyDeps): Policy {
  const { statements } = parseOrRefuse(text, () => parseRegistryPolicy(text).all.policy, invalidRegistryPolicy)
  const isGood = (statement: Statement) => isGoodAnywhere(statement, deps) && hasResourcesOf(registry, statement)
  if (statements.length === 0 || !statements.every(isGood)) throw invalidRegistryPolicy()
  return { text }
}

/**
 * Accepts a repository policy. Its statements must have no Resource: the service refuses any, even the repository's own
 * ARN and `*` (https://github.com/aws/aws-cdk/issues/24314). The text is stored as given. Throws
 * InvalidParameterException.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html
 */
export function acceptRepositoryPolicy(text: string, deps: AcceptPolicyDeps): Policy {
  const { statements } = parseOrRefuse(text, () => parseRepositoryPolicy(text).policy, invalidRepositoryPolicy)
  const isGood = (statement: Statement) => isGoodAnywhere(statement, deps) && namesNoResource(statement)
  if (statements.length === 0 || !statements.every(isGood)) throw invalidRepositoryPolicy()
  return { text }
}

/**
 * Refuses a text that is not a policy, and one with a repeated member, which different readers could understand
 * differently.
 */
function parseOrRefuse(text: string, parse: () => ParsedPolicy, refusal: () => ServiceException): ParsedPolicy {
  try {
    const policy = parse()
    if (hasRepeatedMember(text)) throw refusal()
    return policy
  } catch (error) {
    if (error instanceof PolicyError || error instanceof SyntaxError) throw refusal()
    throw error
  }
}

const isGoodAnywhere = (statement: Statement, deps: AcceptPolicyDeps) =>
  hasGoodPrincipals(statement, deps) && hasActionsOfEcr(statement)

/** Only services and IAM principals can call ECR, so principals of other types are refused. */
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
