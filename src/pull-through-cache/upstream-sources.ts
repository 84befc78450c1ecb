import { type PullThroughCacheRule, upstreamRepository } from '../registry/cache-rules/cache-rule.js'
import { ruleForRepository } from '../registry/cache-rules/rule-for-repository.js'
import { ruleSecret } from '../registry/cache-rules/upstream-secret.js'
import type { Secrets } from '../registry/ports/secrets.js'
import type { Store } from '../registry/ports/store.js'
import { type Upstream, UpstreamFailure, type Upstreams } from '../registry/ports/upstream.js'
import type { Registry } from '../registry/registry.js'

/** Where a repository's images come from: the rule that serves it, the upstream, and the upstream's name for it. */
export interface UpstreamSource {
  readonly rule: PullThroughCacheRule
  readonly upstream: Upstream
  readonly repository: string
}

/** Finds the upstream that a repository's images and layers come from. */
export interface UpstreamSources {
  /** The source of a repository; undefined if no rule serves its name (any more). */
  upstreamForRepository(registry: Registry, repository: string): Promise<UpstreamSource | undefined>
  /** The same; throws UpstreamFailure if no rule serves the name. */
  requireUpstream(registry: Registry, repository: string): Promise<UpstreamSource>
  /** The same, without the upstream and its secret. */
  requireRule(registry: Registry, repository: string): Promise<PullThroughCacheRule>
  /** Whether the network settings let the cache reach any upstream. */
  readonly hasRoute: boolean
  /** Throws UpstreamFailure if they do not. */
  requireRoute(): void
}

/** The dependencies of finding sources. */
export interface UpstreamSourcesDeps {
  readonly store: Store
  readonly secrets: Secrets
  readonly upstreams: Upstreams
  /** The setting `network.egress`. */
  readonly egress: 'all' | 'none'
}

/** The sources of all repositories. Rules and secrets are read each time, so that a change takes effect at once. */
export function upstreamSources({ store, secrets, upstreams, egress }: UpstreamSourcesDeps): UpstreamSources {
  async function upstreamForRule(rule: PullThroughCacheRule, registry: Registry): Promise<Upstream> {
    const { credentialArn, upstreamRegistryUrl } = rule
    if (credentialArn === undefined) return upstreams.of(upstreamRegistryUrl, registry.account)
    const credentials = await ruleSecret(credentialArn, registry, secrets)
    return credentials
      ? upstreams.of(upstreamRegistryUrl, registry.account, credentials)
      : upstreamWithoutSecret(credentialArn)
  }

  async function upstreamForRepository(registry: Registry, repository: string): Promise<UpstreamSource | undefined> {
    const rule = await ruleForRepository(store, registry, repository)
    if (!rule) return undefined
    return { rule, upstream: await upstreamForRule(rule, registry), repository: upstreamRepository(rule, repository) }
  }

  return {
    upstreamForRepository,
    async requireUpstream(registry, repository) {
      const source = await upstreamForRepository(registry, repository)
      if (!source) throw noRuleServes(repository)
      return source
    },
    async requireRule(registry, repository) {
      const rule = await ruleForRepository(store, registry, repository)
      if (!rule) throw noRuleServes(repository)
      return rule
    },
    hasRoute: egress === 'all',
    requireRoute() {
      if (egress === 'all') return
      const message = 'Not cached, and the registry has no route to the upstream (network.egress is "none")'
      throw new UpstreamFailure('no-route', message)
    },
  }
}

/** An upstream whose secret is missing fails as if it refused the credentials. Cached images are still served. */
function upstreamWithoutSecret(credentialArn: string): Upstream {
  const refuse = () =>
    Promise.reject(new UpstreamFailure('access-denied', `There is no secret ${credentialArn}, which the rule names`))
  return { resolve: refuse, manifest: refuse, blob: refuse, hasBlob: refuse, referrers: refuse, ping: refuse }
}

/** The failure for an image or layer that is not cached and that no rule serves any more. */
export const noRuleServes = (repository: string) =>
  new UpstreamFailure('no-route', `Not cached, and no pull through cache rule serves ${repository} any more`)
