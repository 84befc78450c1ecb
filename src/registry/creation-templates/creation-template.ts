import { ROOT } from '../cache-rules/cache-rule.js'
import type { Repository, ResourceTag } from '../repositories/repository.js'

/** Why ECR itself creates a repository, in the words of a creation template's `appliedFor`. */
export type CreationReason = 'PULL_THROUGH_CACHE' | 'REPLICATION' | 'CREATE_ON_PUSH'

/**
 * A repository creation template: the settings of repositories that ECR itself creates under a prefix.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates.html
 */
export interface RepositoryCreationTemplate extends Pick<
  Repository,
  'imageTagMutability' | 'imageTagMutabilityExclusionFilters'
> {
  /** Without a trailing slash, which AWS assumes: `prod` and `prod/` are the same template. `ROOT`: all other names. */
  readonly prefix: string
  readonly appliedFor: readonly CreationReason[]
  readonly description?: string
  /** As it was given: KMS without a key means the AWS managed key. */
  readonly encryption: Repository['encryption']
  readonly resourceTags?: readonly ResourceTag[]
  /** The texts as they were given: AWS returns them with their white space. */
  readonly repositoryPolicy?: string
  readonly lifecyclePolicy?: string
  /** The role that ECR assumes to create the repository; the service-linked role if absent. */
  readonly customRoleArn?: string
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** Epoch milliseconds. */
  readonly updatedAt: number
}

/** A prefix as templates store it: `prod/` and `prod` name the same template. */
export const templatePrefix = (prefix: string): string => prefix.replace(/\/$/, '')

/** The prefixes of the templates that cover a repository name, the most specific one first. */
export function prefixesCovering(repository: string): string[] {
  const segments = repository.split('/')
  const prefixes = segments.slice(1).map((_, index) => segments.slice(0, index + 1).join('/'))
  return [...prefixes.reverse(), ROOT]
}

/** What of a template needs a custom role, in words for a message; undefined if it needs none. */
export function whatNeedsRole({ resourceTags, encryption }: RepositoryCreationTemplate): string | undefined {
  const parts = [resourceTags && 'resource tags', encryption.encryptionType !== 'AES256' && 'KMS encryption']
  return parts.filter(Boolean).join(' and ') || undefined
}
