import { nextCheckDueAt, type PullThroughSettings } from '../../registry/cache-rules/cache-rule.js'
import { cachedTags, type CachedTagRecord } from '../../registry/cache-rules/cached-tags.js'
import { type Clock, LAST_MOMENT } from '../../registry/ports/clock.js'
import type { Store } from '../../registry/ports/store.js'
import type { CachedTag, CachedTags } from './admin-answers.js'
import { mustBe, queryOf } from './admin-query.js'
import type { Reply } from './explain-route.js'

/** The dependencies of `GET /_admin/cached-tags`. */
export interface CachedTagsDeps {
  readonly store: Pick<Store, 'tags' | 'rules'>
  readonly clock: Pick<Clock, 'now'>
  readonly settings: { readonly checks: PullThroughSettings }
}

const LIMITS = { min: 1, max: 1000, absent: 100 }

/** Lists the tags that one rule has pulled, with the state of their checks. Throws BadQuery. */
export async function cachedTagsOfRule(url: string, { store, clock, settings }: CachedTagsDeps): Promise<Reply> {
  const query = queryOf(url)
  const [registry, limit, after] = [query.registry(), query.count('limit', LIMITS), query.text('next')]
  const sent = query.text('prefix')
  if (sent === undefined) throw mustBe('prefix', 'the ecrRepositoryPrefix of a rule, such as docker-hub or ROOT')
  // AWS assumes a slash at the end: `ecr-public/` and `ecr-public` name the same rule.
  const ecrRepositoryPrefix = sent.replace(/\/$/, '')
  const [rule, now] = await Promise.all([store.rules.get(registry, ecrRepositoryPrefix), clock.now()])
  if (!rule) {
    const { account, region } = registry
    const message = `There is no pull through cache rule with the prefix ${ecrRepositoryPrefix} in account ${account} in ${region}: DescribePullThroughCacheRules lists those that there are`
    return { status: 404, body: { message } }
  }
  const { tags, next } = await cachedTags(store, registry, rule, { limit, after })
  const body: CachedTags = {
    now: now.toISOString(),
    tags: tags.map((tag) => described(tag, settings.checks)),
    ...(next !== undefined && { next }),
  }
  return { status: 200, body }
}

function described({ repository, tag, digest, upstream }: CachedTagRecord, settings: PullThroughSettings): CachedTag {
  const { checkedAt, failedAt } = upstream
  return {
    repository,
    tag,
    digest,
    checkedAt: textOf(checkedAt),
    ...(failedAt !== undefined && { failedAt: textOf(failedAt) }),
    nextCheckDueAt: textOf(nextCheckDueAt(upstream, settings)),
  }
}

/** An interval may be set so long that its end has no date. */
const textOf = (time: number) => new Date(Math.min(time, LAST_MOMENT)).toISOString()
