import type { Tag } from '../images/image.js'
import { listAll } from '../list-records.js'
import { keyOf, type Store } from '../ports/store.js'
import type { Registry } from '../registry.js'
import { type PullThroughCacheRule, ROOT, ruleServing } from './cache-rule.js'
import { yieldToEventLoop } from '../../coordination/event-loop.js'

/** A tag that a rule has pulled. */
export interface CachedTagRecord extends Tag {
  readonly upstream: NonNullable<Tag['upstream']>
}

/** A page of the tags that a rule has pulled. */
export interface CachedTagPage {
  readonly tags: readonly CachedTagRecord[]
  /** The key after which the next page begins; absent on the last one. */
  readonly next?: string
}

/** How many tags are read for one page. Those that were pushed are not in it, so it may be short and not the last. */
const MAX_READ = 5_000
const READ_AT_ONCE = 1_000

/** Comes after every character that a repository's name or a tag's key contains. */
const AFTER_ALL = '~'

/**
 * The tags of the repositories that a rule serves, as far as they were pulled through the cache: under its prefix, and
 * not under a longer one of another rule.
 */
export async function cachedTags(
  { tags, rules }: Pick<Store, 'tags' | 'rules'>,
  registry: Registry,
  { ecrRepositoryPrefix }: Pick<PullThroughCacheRule, 'ecrRepositoryPrefix'>,
  { limit, after }: { readonly limit: number; readonly after?: string | undefined },
): Promise<CachedTagPage> {
  const allRules = await listAll(rules, registry)
  const prefix = ecrRepositoryPrefix === ROOT ? '' : `${ecrRepositoryPrefix}/`
  const found: CachedTagRecord[] = []
  let position = after
  for (let read = 0; read < MAX_READ;) {
    const from = position === undefined ? {} : { after: position }
    const { items, next } = await tags.list(registry, { limit: READ_AT_ONCE, prefix, ...from })
    let hasSkipped = false
    for (const tag of items) {
      read++
      const rule = ruleServing(tag.repository, allRules)
      if (rule && rule.ecrRepositoryPrefix !== ecrRepositoryPrefix) {
        // All that follows under the longer prefix belongs to others, too.
        position = `${rule.ecrRepositoryPrefix}/${AFTER_ALL}`
        hasSkipped = true
        break
      }
      if (hasUpstream(tag)) {
        if (found.length === limit) return { tags: found, ...(position !== undefined && { next: position }) }
        found.push(tag)
      }
      position = keyOf(tag.repository, tag.tag)
    }
    if (next === undefined && !hasSkipped) return { tags: found }
    await yieldToEventLoop()
  }
  return { tags: found, ...(position !== undefined && { next: position }) }
}

const hasUpstream = (tag: Tag): tag is CachedTagRecord => tag.upstream !== undefined
