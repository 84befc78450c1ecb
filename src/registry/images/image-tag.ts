import { invalidParameterAt } from '../errors.js'

/** The pattern of a tag, as the service's errors state it. The API model has only its length. */
export const TAG_PATTERN = '[a-zA-Z0-9-_.]+'

const TAG = new RegExp(`^${TAG_PATTERN}$`)

/** In characters, from the API model. Docker's own limit is 128, without a dot or dash at the beginning. */
const MAX_LENGTH = 300

/** Whether a text has the characters of an image tag. */
export const isImageTag = (tag: string): boolean => TAG.test(tag)

/** Validates the tag of a push. Throws InvalidParameterException. */
export function acceptImageTag(tag: string): string {
  if (!isImageTag(tag)) throw invalidParameterAt('imageTag', `must satisfy regular expression '${TAG_PATTERN}'`)
  if (tag.length > MAX_LENGTH)
    throw invalidParameterAt('imageTag', `Member must have length less than or equal to ${MAX_LENGTH}`)
  return tag
}
