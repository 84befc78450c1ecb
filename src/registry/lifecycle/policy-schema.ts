import type { JsonSchema } from './json-schema.js'

/** The quota of rules in a policy. https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html */
const MAX_RULES = 50

const tagList: JsonSchema = { type: 'array', minItems: 1, items: { type: 'string' } }

/** What a selection has besides a count type that counts days in the standard class. */
const daysInStandardClass = (countType: string): JsonSchema => ({
  isOpen: true,
  required: ['countUnit'],
  properties: { countType: { enum: [countType] }, countUnit: { enum: ['days'] }, storageClass: { enum: ['standard'] } },
})

const selection: JsonSchema = {
  type: 'object',
  required: ['tagStatus', 'countType', 'countNumber'],
  properties: {
    tagStatus: { enum: ['tagged', 'untagged', 'any'] },
    tagPatternList: tagList,
    tagPrefixList: tagList,
    storageClass: {},
    countType: {},
    countUnit: {},
    countNumber: { type: 'integer', minimum: 1 },
  },
  oneOf: [
    {
      isOpen: true,
      absent: ['countUnit'],
      properties: { countType: { enum: ['imageCountMoreThan'] }, storageClass: { enum: ['standard'] } },
    },
    daysInStandardClass('sinceImagePushed'),
    daysInStandardClass('sinceImagePulled'),
    {
      isOpen: true,
      required: ['countUnit', 'storageClass'],
      properties: {
        countType: { enum: ['sinceImageTransitioned'] },
        countUnit: { enum: ['days'] },
        storageClass: { enum: ['archive'] },
      },
    },
  ],
}

const action: JsonSchema = {
  type: 'object',
  required: ['type'],
  properties: { type: { enum: ['expire', 'transition'] }, targetStorageClass: {} },
  oneOf: [
    { isOpen: true, absent: ['targetStorageClass'], properties: { type: { enum: ['expire'] } } },
    {
      isOpen: true,
      required: ['targetStorageClass'],
      properties: { type: { enum: ['transition'] }, targetStorageClass: { enum: ['archive'] } },
    },
  ],
}

/**
 * The schema of a lifecycle policy: two kinds of action and four of selection, as the service's refusals count them.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
 */
export const policySchema: JsonSchema = {
  type: 'object',
  required: ['rules'],
  properties: {
    rules: {
      type: 'array',
      minItems: 1,
      maxItems: MAX_RULES,
      items: {
        type: 'object',
        required: ['rulePriority', 'selection', 'action'],
        properties: {
          rulePriority: { type: 'integer', minimum: 1 },
          description: { type: 'string' },
          selection,
          action,
        },
      },
    },
  },
}
