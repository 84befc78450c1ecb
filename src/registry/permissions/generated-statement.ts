import { ROOT } from '../cache-rules/cache-rule.js'
import { type Registry, repositoryArn } from '../registry.js'

/** A statement of a registry policy as the console generates it. */
export interface GeneratedStatement {
  readonly Sid?: string
  readonly Effect: 'Allow'
  readonly Principal: { readonly AWS: string | readonly string[] }
  readonly Action: readonly string[]
  readonly Resource: string | readonly string[]
}

/** What a person chooses for any statement. */
interface StatementChoices {
  /** None if it is empty. */
  readonly sid: string
  /** ARNs of users and roles, or account ids. */
  readonly principals: readonly string[]
  /** Names of repositories, which may have wildcards; all if there are none. */
  readonly repositories: readonly string[]
}

/**
 * Allows principals to have images pulled through a rule for the first time: the repository is created, and the image
 * imported. The names of the repositories are those in the upstream, without the namespace of the rule.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry-permissions-create-pullthroughcache.html
 */
export const pullThroughStatement = (
  registry: Registry,
  { namespace, ...choices }: StatementChoices & { readonly namespace: string },
): GeneratedStatement =>
  statement(registry, choices, {
    actions: ['ecr:CreateRepository', 'ecr:BatchImportUpstreamImage'],
    prefix: namespace === ROOT ? '' : `${namespace}/`,
  })

/**
 * Allows accounts to replicate their repositories to this registry, and creates those that it lacks.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry-permissions-create-replication.html
 */
export const replicationStatement = (registry: Registry, choices: StatementChoices): GeneratedStatement =>
  statement(registry, choices, { actions: ['ecr:CreateRepository', 'ecr:ReplicateImage'], prefix: '' })

/**
 * Allows accounts to pull the images of this registry.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policy-examples.html
 */
export const crossAccountPullStatement = (registry: Registry, choices: StatementChoices): GeneratedStatement =>
  statement(registry, choices, {
    actions: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
    prefix: '',
  })

function statement(
  registry: Registry,
  { sid, principals, repositories }: StatementChoices,
  { actions, prefix }: { readonly actions: readonly string[]; readonly prefix: string },
): GeneratedStatement {
  const names = repositories.length === 0 ? ['*'] : repositories
  return {
    ...(sid !== '' && { Sid: sid }),
    Effect: 'Allow',
    Principal: { AWS: oneOrMany(principals.map(principalOf)) },
    Action: actions,
    Resource: oneOrMany(names.map((name) => repositoryArn(registry, `${prefix}${name}`))),
  }
}

/** An account is its root, as AWS writes the principal that stands for an account. */
const principalOf = (entity: string) => (/^\d{12}$/.test(entity) ? `arn:aws:iam::${entity}:root` : entity)

const oneOrMany = (values: readonly string[]): string | readonly string[] =>
  values.length === 1 && values[0] !== undefined ? values[0] : values
