import type { EncryptionType, ImageTagMutability, RCTAppliedFor, RepositoryCreationTemplate } from '@aws-sdk/client-ecr'
import { ROOT } from '../../../registry/cache-rules/cache-rule.js'

/** A tag of AWS on a repository. */
export interface ResourceTag {
  readonly Key: string
  readonly Value: string
}

/** A template as the steps of its form edit it. What is empty is not in the template. */
export interface TemplateDraft {
  readonly prefix: string
  readonly description: string
  readonly appliedFor: readonly RCTAppliedFor[]
  readonly isImmutable: boolean
  /** Wildcards of the tags to which the opposite applies. */
  readonly exclusions: readonly string[]
  readonly encryptionType: EncryptionType
  readonly kmsKey: string
  readonly repositoryPolicy: string
  readonly lifecyclePolicy: string
  readonly tags: readonly ResourceTag[]
  readonly customRoleArn: string
}

/** What "Create template" begins with. */
export const emptyTemplate: TemplateDraft = {
  prefix: '',
  description: '',
  appliedFor: [],
  isImmutable: false,
  exclusions: [],
  encryptionType: 'AES256',
  kmsKey: '',
  repositoryPolicy: '',
  lifecyclePolicy: '',
  tags: [],
  customRoleArn: '',
}

/** A template as its form begins with it. */
export const templateDraftOf = (template: RepositoryCreationTemplate): TemplateDraft => ({
  prefix: template.prefix ?? '',
  description: template.description ?? '',
  appliedFor: template.appliedFor ?? [],
  isImmutable: template.imageTagMutability?.startsWith('IMMUTABLE') ?? false,
  exclusions: template.imageTagMutabilityExclusionFilters?.map(({ filter = '' }) => filter) ?? [],
  encryptionType: template.encryptionConfiguration?.encryptionType ?? 'AES256',
  kmsKey: template.encryptionConfiguration?.kmsKey ?? '',
  repositoryPolicy: template.repositoryPolicy ?? '',
  lifecyclePolicy: template.lifecyclePolicy ?? '',
  tags: template.resourceTags?.map(({ Key = '', Value = '' }) => ({ Key, Value })) ?? [],
  customRoleArn: template.customRoleArn ?? '',
})

/**
 * What the operations take for a draft. An empty text or list removes a member from the template that was there before,
 * and is left out where there is nothing to remove.
 */
export function templateOf(draft: TemplateDraft, before: TemplateDraft = emptyTemplate) {
  const { prefix, appliedFor, encryptionType, kmsKey, exclusions, tags } = draft
  const text = (member: 'description' | 'repositoryPolicy' | 'lifecyclePolicy' | 'customRoleArn') =>
    draft[member] !== '' || before[member] !== '' ? { [member]: draft[member] } : {}
  return {
    prefix,
    appliedFor: [...appliedFor],
    imageTagMutability: mutabilityOf(draft),
    encryptionConfiguration: {
      encryptionType,
      ...(encryptionType !== 'AES256' && kmsKey !== '' && { kmsKey }),
    },
    ...(exclusions.length > 0 && {
      imageTagMutabilityExclusionFilters: exclusions.map((filter) => ({ filterType: 'WILDCARD' as const, filter })),
    }),
    ...(tags.length + before.tags.length > 0 && { resourceTags: [...tags] }),
    ...text('description'),
    ...text('repositoryPolicy'),
    ...text('lifecyclePolicy'),
    ...text('customRoleArn'),
  }
}

function mutabilityOf({ isImmutable, exclusions }: TemplateDraft): ImageTagMutability {
  if (exclusions.length === 0) return isImmutable ? 'IMMUTABLE' : 'MUTABLE'
  return isImmutable ? 'IMMUTABLE_WITH_EXCLUSION' : 'MUTABLE_WITH_EXCLUSION'
}

/** What a template can be applied for, as the AWS console names it. */
export const REASONS: readonly {
  readonly value: RCTAppliedFor
  readonly label: string
  readonly description: string
}[] = [
  {
    value: 'PULL_THROUGH_CACHE',
    label: 'Pull through cache',
    description: 'Repositories that a first pull through a cache rule creates.',
  },
  { value: 'REPLICATION', label: 'Replication', description: 'Repositories that images are replicated to.' },
  {
    value: 'CREATE_ON_PUSH',
    label: 'Create on push',
    description: 'Repositories that a push to a name creates which does not exist yet.',
  },
]

/** What a template is applied for, in words. */
export const reasonsText = (appliedFor: readonly RCTAppliedFor[]): string =>
  REASONS.filter(({ value }) => appliedFor.includes(value))
    .map(({ label }) => label)
    .join(', ') || 'Nothing'

/** The mutability of tags, in words. */
export function mutabilityText({ isImmutable, exclusions }: TemplateDraft): string {
  const text = isImmutable ? 'Immutable' : 'Mutable'
  return exclusions.length === 0 ? text : `${text}, except ${exclusions.join(', ')}`
}

/** The encryption, in words. */
export function encryptionText({ encryptionType, kmsKey }: TemplateDraft): string {
  if (encryptionType === 'AES256') return 'AES-256'
  return `${encryptionType === 'KMS' ? 'AWS KMS' : 'AWS KMS, dual-layer'}${kmsKey === '' ? '' : `, ${kmsKey}`}`
}

/** The prefix, in words. */
export const prefixText = (prefix: string): string => (prefix === ROOT ? 'ROOT (any prefix)' : prefix)
