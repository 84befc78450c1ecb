import type { Conditions } from '../../../access/authorize.js'
import { MAX_TAGS, MAX_TAG_KEY, MAX_TAG_VALUE } from './accept-tags.js'

/*
 * This is asked before the input is validated, and policies compare each tag. A call with more tags, or longer ones, than
 * there can be is refused whatever the answer: so only one too many is looked at, and what is too long counts as empty.
 */

/**
 * What policies may ask about the tags of a call, given or to be taken away.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_tags.html
 */
export function requestTags({ tags, tagKeys }: Record<string, unknown>): Conditions {
  const given = firstOf(tags).flatMap(tagOf)
  const keys = Array.isArray(tagKeys) ? firstOf(tagKeys).flatMap(keyOf) : given.map(([key]) => key)
  return {
    ...Object.fromEntries(given.map(([key, value]) => [`aws:RequestTag/${key}`, value])),
    ...(keys.length > 0 && { 'aws:TagKeys': keys }),
  }
}

const firstOf = (list: unknown): unknown[] => (Array.isArray(list) ? list.slice(0, MAX_TAGS + 1) : [])

/** A tag without a value has the empty one. */
function tagOf(tag: unknown): [key: string, value: string][] {
  const { Key, Value } = { Value: '', ...Object(tag) } as { Key?: unknown; Value: unknown }
  return typeof Key === 'string' && typeof Value === 'string'
    ? [[fit(Key, MAX_TAG_KEY), fit(Value, MAX_TAG_VALUE)]]
    : []
}

const keyOf = (key: unknown): string[] => (typeof key === 'string' ? [fit(key, MAX_TAG_KEY)] : [])

const fit = (text: string, longest: number) => (text.length <= longest ? text : '')
