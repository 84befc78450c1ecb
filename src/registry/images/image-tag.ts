import { invalidParameterAt } from '../errors.js'

/** The characters of a tag in the service's own words; the model gives only its length. */
export const TAG_PATTERN = '[a-zA-Z0-9-_.]+'

const TAG = new RegExp(`^${TAG_PATTERN}$`)

/** Characters, by the model. Docker itself names tags of up to 128, which do not begin with a dot or a dash. */
const LONGEST = 300

/** Whether an image may be tagged so. */
export const isImageTag = (tag: string): boolean => TAG.test(tag)

/** The tag an image is to be pushed under. Throws InvalidParameterException. */
export function acceptImageTag(tag: string): string {
  if (!isImageTag(tag)) throw invalidParameterAt('imageTag', `must satisfy regular expression '${TAG_PATTERN}'`)
  if (tag.length > LONGEST)
    throw invalidParameterAt('imageTag', `Member must have length less than or equal to ${LONGEST}`)
  return tag
}
