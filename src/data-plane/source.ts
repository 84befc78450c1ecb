import { listAll } from '../registry/list-all.js'
import type { Secrets } from '../registry/ports/secrets.js'
import type { Store } from '../registry/ports/store.js'
import { type Upstream, UpstreamFailure, type Upstreams } from '../registry/ports/upstream.js'
import { type PullThroughCacheRule, ruleServing, upstreamRepository } from '../registry/pull-through.js'
import type { Registry } from '../registry/registry.js'

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

/** A repository's source; undefined where no rule serves the name (any more). Throws UpstreamFailure for a lost secret. */
export async function sourceOf(registry: Registry, name: string, deps: SourceDeps): Promise<Source | undefined> {
  const rule = await ruleOf(registry, name, deps)
  if (!rule) return undefined
  const credentials = rule.credentialArn === undefined ? undefined : await deps.secrets.get(rule.credentialArn)
  if (rule.credentialArn !== undefined && !credentials) throw new UpstreamFailure('access-denied', 'secret not found')
  const upstream = deps.upstreams.of(rule.upstreamRegistryUrl, credentials)
  return { rule, upstream, repository: upstreamRepository(rule, name) }
}

/** The rule that serves a name now: read each time, so that a rule takes effect, or ends, at once. */
async function ruleOf(
  registry: Registry,
  name: string,
  { store }: Pick<SourceDeps, 'store'>,
): Promise<PullThroughCacheRule | undefined> {
  return ruleServing(name, await listAll(store.rules, registry))
}

/** Throws UpstreamFailure where the network setting keeps the cache from asking anybody. */
export function requireEgress({ egress }: SourceDeps['settings']): void {
  if (egress === 'all') return
  const message = 'Not cached, and the registry has no route to the upstream (network.egress is "none")'
  throw new UpstreamFailure('no-route', message)
}
