import { invalidParameterAt, ServiceException } from '../errors.js'

/*
 * The errors of the lifecycle operations. Texts marked (documented) are AWS's descriptions of exceptions, those marked
 * (inferred) are ours; see docs/fidelity.md.
 */

/** A lifecycle policy that the service does not accept, with the sentence of its validator. */
export const invalidLifecyclePolicy = (violation: string) =>
  invalidParameterAt('LifecyclePolicyText', `Lifecycle policy validation failure: ${violation}`)

export const lifecyclePolicyNotFound = (name: string, account: string) =>
  new ServiceException(
    'LifecyclePolicyNotFoundException',
    `Lifecycle policy does not exist for the repository with name '${name}' in the registry with id '${account}'`,
  )

/** (documented) */
export const lifecyclePolicyPreviewNotFound = () =>
  new ServiceException('LifecyclePolicyPreviewNotFoundException', 'There is no dry run for this repository.')

/** (documented) */
export const lifecyclePolicyPreviewInProgress = () =>
  new ServiceException(
    'LifecyclePolicyPreviewInProgressException',
    'The previous lifecycle policy preview request has not completed. Wait and try again.',
  )

/** What a policy that matches the schema may still violate: a table of sentences. */
export const violations = {
  /** As other emulators' tests expect it. */
  notAPolicy: 'Could not map policyString into LifecyclePolicy.',
  /** As captured since 2025; before, it ended after `images`. */
  untaggedTwice: 'Only one rule can select Untagged images per storage class.',
  /** As users quote it. */
  anyNotLast: 'Rule for tagStatus=ANY must have the lowest priority per storage class',
  /** As users quote it. */
  tagsMissing: 'Must specify tagPrefixList or tagPatternList when tagStatus=TAGGED.',
  /** (inferred) */
  tagsNotAllowed: (tagStatus: string) =>
    `Must not specify tagPrefixList or tagPatternList when tagStatus=${tagStatus.toUpperCase()}.`,
  /** (inferred) */
  bothTagLists: 'Must specify only one of tagPrefixList and tagPatternList.',
  /** (inferred) */
  priorityTwice: (priority: number) => `Only one rule can have rulePriority=${priority}.`,
  /** (inferred) */
  prefixTwice: (prefix: string) => `Only one rule can select the tag prefix ${prefix} per storage class.`,
  /** (inferred) */
  tooManyWildcards: (pattern: string) => `The tag pattern ${pattern} has more than 4 wildcards.`,
  /** (inferred) */
  onlyAction: (countType: string, action: string) => `The action type must be ${action} when countType=${countType}.`,
} as const
