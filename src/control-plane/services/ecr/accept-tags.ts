import { invalidTagParameter, tooManyTags } from '../../../registry/errors.js'
import type { ResourceTag } from '../../../registry/repositories/repository.js'

/** How many tags a repository may have. https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-using-tags.html */
export const MAX_TAGS = 50
/** How many characters a tag's key may have. */
export const MAX_TAG_KEY = 128
/** How many characters a tag's value may have. */
export const MAX_TAG_VALUE = 256

/**
 * Resource tags as AWS takes them: keys of 1 to 128 characters, each once whatever its case (to policies they are the same),
 * values of up to 256, 50 at most.
 * Throws InvalidTagParameterException, TooManyTagsException.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-using-tags.html
 */
export function acceptTags(tags: readonly Partial<ResourceTag>[]): ResourceTag[] {
  const accepted = tags.map(({ Key = '', Value = '' }) => {
    if (Key.length === 0 || Key.length > MAX_TAG_KEY || Value.length > MAX_TAG_VALUE) throw invalidTagParameter()
    return { Key, Value }
  })
  if (new Set(accepted.map(({ Key }) => Key.toLowerCase())).size < accepted.length) throw invalidTagParameter()
  if (accepted.length > MAX_TAGS) throw tooManyTags()
  return accepted
}
