import { invalidParameterAt } from './errors.js'

/** The characters of a tag in the service's own words; the model gives only its length. */
export const TAG_PATTERN = '[a-zA-Z0-9-_.]+'

const TAG = new RegExp(`^${TAG_PATTERN}$`)

/** Whether an image may be tagged so. */
export const isImageTag = (tag: string): boolean => TAG.test(tag)

/** The tag an image is to be pushed under. Throws InvalidParameterException. */
export function acceptImageTag(tag: string | undefined): string | undefined {
  if (tag !== undefined && !isImageTag(tag)) {
    throw invalidParameterAt('imageTag', `must satisfy regular expression '${TAG_PATTERN}'`)
  }
  return tag
}
