/**
 * A rule as the form edits it: what the form does not know stays as it is, and what is wrong in it the service says.
 * Members that are undefined are not in the text.
 */
export interface RuleDraft {
  readonly rulePriority?: number | string
  readonly description?: string | undefined
  readonly selection?: SelectionDraft
  readonly action?: { readonly type: string; readonly targetStorageClass?: string }
}

/** What a rule selects. */
interface SelectionDraft {
  readonly tagStatus?: string
  readonly tagPatternList?: readonly string[] | undefined
  readonly tagPrefixList?: readonly string[] | undefined
  readonly storageClass?: string | undefined
  readonly countType?: string
  readonly countUnit?: string | undefined
  readonly countNumber?: number | string
}

/** The rules in a text, or undefined if it is none that the form can show. */
export function rulesInText(text: string): readonly RuleDraft[] | undefined {
  if (text.trim() === '') return []
  try {
    const { rules } = JSON.parse(text) as { rules?: unknown }
    return Array.isArray(rules) && rules.every(isObject) ? rules : undefined
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is RuleDraft =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The text of a policy with these rules, as a person reads it; empty without any. */
export const textOf = (rules: readonly RuleDraft[]): string =>
  rules.length === 0 ? '' : JSON.stringify({ rules }, null, 2)

/** The rule that "Add rule" begins with, after those that there are. */
export const newRule = (rules: readonly RuleDraft[]): RuleDraft => ({
  rulePriority: Math.max(0, ...rules.map(({ rulePriority }) => Number(rulePriority) || 0)) + 1,
  selection: { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 14 },
  action: { type: 'expire' },
})

/** A rule with another count type, and the members that go with it. */
export function withCountType(rule: RuleDraft, countType: string): RuleDraft {
  const isOfArchive = countType === 'sinceImageTransitioned'
  const selection = {
    ...rule.selection,
    storageClass: isOfArchive ? 'archive' : undefined,
    countType,
    countUnit: countType === 'imageCountMoreThan' ? undefined : 'days',
  }
  if (countType === 'sinceImagePulled') return { ...rule, selection, action: actionOf('transition') }
  return isOfArchive ? { ...rule, selection, action: actionOf('expire') } : { ...rule, selection }
}

/** An action with the members that go with its type. */
export const actionOf = (type: string): NonNullable<RuleDraft['action']> =>
  type === 'transition' ? { type, targetStorageClass: 'archive' } : { type }

/** How a rule selects by tags, as the form names it. */
export type ImageStatus = 'patterns' | 'prefixes' | 'untagged' | 'any'

/** How a rule selects by tags. */
export function imageStatusOf({ tagStatus, tagPrefixList }: SelectionDraft): ImageStatus {
  if (tagStatus !== 'tagged') return tagStatus === 'any' ? 'any' : 'untagged'
  return tagPrefixList ? 'prefixes' : 'patterns'
}

/** The tags that a rule selects by, whichever of the two lists it has. */
export const tagsOf = ({ tagPatternList, tagPrefixList }: SelectionDraft): readonly string[] =>
  tagPatternList ?? tagPrefixList ?? []

/** A rule that selects in this way by these tags. */
export const withTags = (rule: RuleDraft, status: ImageStatus, tags: readonly string[]): RuleDraft => ({
  ...rule,
  selection: {
    ...rule.selection,
    tagStatus: status === 'patterns' || status === 'prefixes' ? 'tagged' : status,
    tagPatternList: status === 'patterns' ? tags : undefined,
    tagPrefixList: status === 'prefixes' ? tags : undefined,
  },
})
