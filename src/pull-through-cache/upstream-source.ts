import { listAll } from '../registry/list-records.js'
import type { Secrets } from '../registry/ports/secrets.js'
import type { Store } from '../registry/ports/store.js'
import { type Upstream, UpstreamFailure, type Upstreams } from '../registry/ports/upstream.js'
import { type PullThroughCacheRule, ruleServing, upstreamRepository } from '../registry/cache-rules/cache-rule.js'
import type { Registry } from '../registry/registry.js'
import type { RequestContext } from '../registry/request-context.js'
import { secretOf } from '../registry/cache-rules/upstream-secret.js'

/** Where a repository's images come from: its rule, the upstream, and the upstream's name for it. */
export interface Source {
  readonly rule: PullThroughCacheRule
  readonly upstream: Upstream
  readonly repository: string
}

/** What finding a source needs. */
export interface SourceDeps {
  readonly store: Store
  readonly secrets: Secrets
  readonly upstreams: Upstreams
  readonly settings: { readonly egress: 'all' | 'none' }
}

/** A repository's source; undefined where no rule serves the name (any more). */
export async function sourceOf(registry: Registry, name: string, deps: SourceDeps): Promise<Source | undefined> {
  const rule = await ruleOf(registry, name, deps)
  return rule && { rule, upstream: await upstreamOf(rule, registry, deps), repository: upstreamRepository(rule, name) }
}

/** The rule that serves a name now: read each time, so that a rule takes effect, or ends, at once. */
export async function ruleOf(
  registry: Registry,
  name: string,
  { store }: Pick<SourceDeps, 'store'>,
): Promise<PullThroughCacheRule | undefined> {
  return ruleServing(name, await listAll(store.rules, registry))
}

async function upstreamOf(
  rule: PullThroughCacheRule,
  registry: Registry,
  { secrets, upstreams }: SourceDeps,
): Promise<Upstream> {
  const { credentialArn, upstreamRegistryUrl } = rule
  if (credentialArn === undefined) return upstreams.of(upstreamRegistryUrl, registry.account)
  const credentials = await secretOf(credentialArn, registry, secrets)
  return credentials ? upstreams.of(upstreamRegistryUrl, registry.account, credentials) : withoutSecret(credentialArn)
}

/** An upstream whose secret is gone refuses like one that does not know it: what is cached is served all the same. */
function withoutSecret(credentialArn: string): Upstream {
  const refuse = () =>
    Promise.reject(new UpstreamFailure('access-denied', `There is no secret ${credentialArn}, which the rule names`))
  return { resolve: refuse, manifest: refuse, blob: refuse, hasBlob: refuse, referrers: refuse, ping: refuse }
}

/** What is to come from an upstream that no rule leads to any more. */
export const noRuleServes = (name: string) =>
  new UpstreamFailure('no-route', `Not cached, and no pull through cache rule serves ${name} any more`)

/** Throws UpstreamFailure where the network setting keeps the cache from asking anybody. */
export function requireEgress({ egress }: SourceDeps['settings']): void {
  if (egress === 'all') return
  const message = 'Not cached, and the registry has no route to the upstream (network.egress is "none")'
  throw new UpstreamFailure('no-route', message)
}

/**
 * Throws UpstreamFailure for what is not cached where the client used a FIPS endpoint; once cached it is served there.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache.html
 */
export function requireNoFips({ isFips }: Pick<RequestContext, 'isFips'>): void {
  if (!isFips) return
  const message = 'Not cached, and the first pull of an image through the cache is not supported at a FIPS endpoint'
  throw new UpstreamFailure('no-route', message)
}
