import type { Conditions } from '../../../access/authorize.js'
import { invalidArn, invalidTagParameter, tooManyTags } from '../../../registry/errors.js'
import { type Registry, repositoryArn } from '../../../registry/registry.js'
import type { ResourceTag } from '../../../registry/repositories/repository.js'

/** How many tags a repository may have. https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-using-tags.html */
export const MAX_TAGS = 50
/** In characters. */
const MAX_TAG_KEY = 128
/** In characters. */
const MAX_TAG_VALUE = 256

/**
 * Validates resource tags: at most 50, with keys of 1 to 128 characters, unique regardless of case (policies compare
 * keys that way), and values of up to 256 characters; `aws:` is reserved. Throws InvalidTagParameterException,
 * TooManyTagsException.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-using-tags.html
 */
export function acceptTags(tags: readonly Partial<ResourceTag>[]): ResourceTag[] {
  const resourceTags = tags.map(({ Key = '', Value = '' }) => {
    if (!isTagKey(Key) || Value.length > MAX_TAG_VALUE || !TAG_TEXT.test(Value)) throw invalidTagParameter()
    return { Key, Value }
  })
  if (new Set(resourceTags.map(({ Key }) => Key.toLowerCase())).size < resourceTags.length) throw invalidTagParameter()
  if (resourceTags.length > MAX_TAGS) throw tooManyTags()
  return resourceTags
}

/** The characters that AWS allows in tags. https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html */
const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u

const isTagKey = (key: string): boolean =>
  key.length > 0 && key.length <= MAX_TAG_KEY && TAG_TEXT.test(key) && !key.toLowerCase().startsWith('aws:')

/**
 * The name of the repository with this ARN. Only repositories of the caller's registry can be tagged. Throws
 * InvalidParameterException.
 */
export function taggedRepository(resourceArn: string, registry: Registry): string {
  const prefix = repositoryArn(registry, '')
  const name = resourceArn.slice(prefix.length)
  if (!resourceArn.startsWith(prefix) || name === '') throw invalidArn()
  return name
}

/**
 * The condition keys for the tags that a call sets or removes.
 *
 * The input is not validated yet, and policies compare each tag. A call with too many or too long tags is refused in
 * any case, so at most one tag more than allowed is read, and strings that are too long count as empty.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_tags.html
 */
export function requestTags({ tags, tagKeys }: Readonly<Record<string, unknown>>): Conditions {
  if (tags === undefined && tagKeys === undefined) return {}
  const pairs = firstOf(tags).flatMap(pairOf)
  const keys = Array.isArray(tagKeys) ? firstOf(tagKeys).flatMap(keyOf) : pairs.map(([key]) => key)
  return {
    ...Object.fromEntries(pairs.map(([key, value]) => [`aws:RequestTag/${key}`, value])),
    ...(keys.length > 0 && { 'aws:TagKeys': keys }),
  }
}

const firstOf = (list: unknown): unknown[] => (Array.isArray(list) ? list.slice(0, MAX_TAGS + 1) : [])

/** A tag without a value has an empty value. */
function pairOf(tag: unknown): [key: string, value: string][] {
  const { Key, Value } = { Value: '', ...Object(tag) } as { Key?: unknown; Value: unknown }
  return typeof Key === 'string' && typeof Value === 'string'
    ? [[unlessLonger(Key, MAX_TAG_KEY), unlessLonger(Value, MAX_TAG_VALUE)]]
    : []
}

const keyOf = (key: unknown): string[] => (typeof key === 'string' ? [unlessLonger(key, MAX_TAG_KEY)] : [])

const unlessLonger = (text: string, limit: number) => (text.length <= limit ? text : '')
