import { invalidTagParameter, tooManyTags } from '../../../registry/errors.js'
import type { ResourceTag } from '../../../registry/repository.js'

const MAX_TAGS = 50
const MAX_KEY = 128
const MAX_VALUE = 256

/**
 * Resource tags as AWS takes them: keys of 1 to 128 characters, each once whatever its case (to policies they are the same),
 * values of up to 256, 50 at most.
 * Throws InvalidTagParameterException, TooManyTagsException.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-using-tags.html
 */
export function acceptTags(tags: readonly Partial<ResourceTag>[]): ResourceTag[] {
  const accepted = tags.map(({ Key = '', Value = '' }) => {
    if (Key.length === 0 || Key.length > MAX_KEY || Value.length > MAX_VALUE) throw invalidTagParameter()
    return { Key, Value }
  })
  if (new Set(accepted.map(({ Key }) => Key.toLowerCase())).size < accepted.length) throw invalidTagParameter()
  if (accepted.length > MAX_TAGS) throw tooManyTags()
  return accepted
}
