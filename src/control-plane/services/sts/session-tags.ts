import { inheritedTags } from '../../../access/role-assumption.js'
import { ServiceException } from '../../../registry/errors.js'
import type { Principal } from '../../../registry/principal.js'
import type { Input } from './sts-operation.js'

/** The tags of a session, and the keys of those that are passed on to the next session (transitive). */
interface SessionTags {
  readonly tags: Readonly<Record<string, string>>
  readonly transitiveTagKeys: readonly string[]
}

/**
 * The tags for a session that this principal begins. Keys are compared case-insensitively. Throws InvalidParameterValue
 * for tags that conflict with each other or with those of the principal's own session.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
 */
export function acceptSessionTags(
  { Tags = [], TransitiveTagKeys = [] }: Pick<Input<'AssumeRole'>, 'Tags' | 'TransitiveTagKeys'>,
  { session }: Principal,
): SessionTags {
  const keys = new Set(Tags.map(({ Key }) => Key.toLowerCase()))
  if (keys.size < Tags.length)
    throw invalidValue('Duplicate tag keys found. Please note that Tag keys are case insensitive.')
  if (Object.keys(inheritedTags(session)).some((key) => keys.has(key.toLowerCase())))
    throw invalidValue(
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    )
  if (!TransitiveTagKeys.every((key) => keys.has(key.toLowerCase())))
    throw invalidValue('The specified transitive tag key must be included in the requested tags.')
  return {
    tags: Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value])),
    transitiveTagKeys: [...new Map(TransitiveTagKeys.map((key) => [key.toLowerCase(), key])).values()],
  }
}

const invalidValue = (message: string) => new ServiceException('InvalidParameterValue', message)
