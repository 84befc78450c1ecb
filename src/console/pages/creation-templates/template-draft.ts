import type { EncryptionType, RCTAppliedFor, RepositoryCreationTemplate } from '@aws-sdk/client-ecr'
import { ROOT } from '../../../registry/cache-rules/cache-rule.js'
import { type Mutability, mutabilityInput, mutabilityOf } from '../repositories/mutability-fields.js'
import { type TagInput, tagsInput } from '../repositories/resource-tag-fields.js'

/** A template as the steps of its form edit it. What is empty is not in the template. */
export interface TemplateDraft extends Mutability {
  readonly prefix: string
  readonly description: string
  readonly appliedFor: readonly RCTAppliedFor[]
  readonly encryptionType: EncryptionType
  readonly kmsKey: string
  readonly repositoryPolicy: string
  readonly lifecyclePolicy: string
  readonly tags: readonly TagInput[]
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
  ...mutabilityOf(template),
  encryptionType: template.encryptionConfiguration?.encryptionType ?? 'AES256',
  kmsKey: template.encryptionConfiguration?.kmsKey ?? '',
  repositoryPolicy: template.repositoryPolicy ?? '',
  lifecyclePolicy: template.lifecyclePolicy ?? '',
  tags: template.resourceTags?.map(({ Key: key = '', Value: value = '' }) => ({ key, value })) ?? [],
  customRoleArn: template.customRoleArn ?? '',
})

/**
 * What the operations take for a draft. An empty text or list removes a member from the template that was there before,
 * and is left out where there is nothing to remove.
 */
export function templateOf(draft: TemplateDraft, before: TemplateDraft = emptyTemplate) {
  const { prefix, appliedFor, encryptionType, kmsKey, tags } = draft
  const text = (member: 'description' | 'repositoryPolicy' | 'lifecyclePolicy' | 'customRoleArn') =>
    draft[member] !== '' || before[member] !== '' ? { [member]: draft[member] } : {}
  return {
    prefix,
    appliedFor: [...appliedFor],
    ...mutabilityInput(draft),
    encryptionConfiguration: {
      encryptionType,
      ...(encryptionType !== 'AES256' && kmsKey !== '' && { kmsKey }),
    },
    ...(tags.length + before.tags.length > 0 && { resourceTags: tagsInput(tags) }),
    ...text('description'),
    ...text('repositoryPolicy'),
    ...text('lifecyclePolicy'),
    ...text('customRoleArn'),
  }
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

/** The prefix, in words. */
export const prefixText = (prefix: string): string => (prefix === ROOT ? 'ROOT (any prefix)' : prefix)
