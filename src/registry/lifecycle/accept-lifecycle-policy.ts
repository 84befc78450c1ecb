import { compactJson } from './compact-json.js'
import { schemaViolation } from './json-schema.js'
import { invalidLifecyclePolicy, violations } from './lifecycle-errors.js'
import { classOf, type LifecycleRule } from './lifecycle-rule.js'
import { policySchema } from './policy-schema.js'

/** The most wildcards in a tag pattern. */
const MAX_WILDCARDS = 4

/** An archived image is stored, and paid, for 90 days at least, so no policy can expire it earlier. */
export const MINIMUM_DAYS_IN_ARCHIVE = 90

/** The largest integer of the service's Java. */
const MAX_INTEGER = 2 ** 31 - 1

/**
 * Validates the text of a lifecycle policy and returns it as the service stores it: without white space between tokens,
 * with the order of its keys kept. Throws InvalidParameterException.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
 */
export function acceptLifecyclePolicy(text: string): string {
  const policy = parseObject(text)
  if (!policy) throw invalidLifecyclePolicy(violations.notAPolicy)
  const violation = schemaViolation(policy, policySchema)
  if (violation !== undefined) throw invalidLifecyclePolicy(violation)
  // The schema has just been checked.
  requireConsistentRules(policy.rules as LifecycleRule[])
  return compactJson(text)
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** Rules about more than one member or rule, which the schema cannot express. */
function requireConsistentRules(rules: readonly LifecycleRule[]): void {
  for (const rule of rules) requireConsistentRule(rule)
  const priorityTwice = firstRepeated(rules.map(({ rulePriority }) => rulePriority))
  if (priorityTwice !== undefined) throw invalidLifecyclePolicy(violations.priorityTwice(priorityTwice))
  for (const storageClass of ['standard', 'archive'] as const)
    requireConsistentClass(rules.filter((rule) => classOf(rule) === storageClass))
}

function requireConsistentRule({ rulePriority, selection, action }: LifecycleRule): void {
  const { tagStatus, tagPatternList, tagPrefixList, countType, countNumber } = selection
  if (rulePriority > MAX_INTEGER || countNumber > MAX_INTEGER) throw invalidLifecyclePolicy(violations.notAPolicy)
  const lists = [tagPatternList, tagPrefixList].filter((list) => list !== undefined).length
  if (tagStatus !== 'tagged' && lists > 0) throw invalidLifecyclePolicy(violations.tagsNotAllowed(tagStatus))
  if (tagStatus === 'tagged' && lists === 0) throw invalidLifecyclePolicy(violations.tagsMissing)
  if (lists > 1) throw invalidLifecyclePolicy(violations.bothTagLists)
  const wild = tagPatternList?.find((pattern) => pattern.split('*').length - 1 > MAX_WILDCARDS)
  if (wild !== undefined) throw invalidLifecyclePolicy(violations.tooManyWildcards(wild))
  const onlyAction = countType === 'sinceImagePulled' ? 'transition' : 'expire'
  const hasOnlyAction = countType === 'sinceImagePulled' || countType === 'sinceImageTransitioned'
  if (hasOnlyAction && action.type !== onlyAction)
    throw invalidLifecyclePolicy(violations.onlyAction(countType, onlyAction))
  const tooEarly =
    countType === 'sinceImageTransitioned' &&
    schemaViolation(countNumber, { type: 'integer', minimum: MINIMUM_DAYS_IN_ARCHIVE })
  if (tooEarly) throw invalidLifecyclePolicy(tooEarly)
}

/** Rules that select images of the same storage class. */
function requireConsistentClass(rules: readonly LifecycleRule[]): void {
  const untagged = rules.filter(({ selection }) => selection.tagStatus === 'untagged')
  if (untagged.length > 1) throw invalidLifecyclePolicy(violations.untaggedTwice)
  const prefixTwice = firstRepeated(rules.flatMap(({ selection }) => [...new Set(selection.tagPrefixList)]))
  if (prefixTwice !== undefined) throw invalidLifecyclePolicy(violations.prefixTwice(prefixTwice))
  const last = Math.max(...rules.map(({ rulePriority }) => rulePriority))
  const isEarlyAny = ({ selection, rulePriority }: LifecycleRule) =>
    selection.tagStatus === 'any' && rulePriority !== last
  if (rules.some(isEarlyAny)) throw invalidLifecyclePolicy(violations.anyNotLast)
}

const firstRepeated = <T>(values: readonly T[]): T | undefined =>
  values.find((value, index) => values.indexOf(value) !== index)
