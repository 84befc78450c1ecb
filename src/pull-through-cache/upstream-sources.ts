import {
  type DockerHubLibrary,
  type PullThroughCacheRule,
  upstreamRepository,
} from '../registry/cache-rules/cache-rule.js'
import { ruleForRepository } from '../registry/cache-rules/rule-for-repository.js'
import type { Store } from '../registry/ports/store.js'
import { type RuleUpstreams, type Upstream, UpstreamFailure } from '../registry/ports/upstream.js'
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
  /** The same, without the upstream. */
  requireRule(registry: Registry, repository: string): Promise<PullThroughCacheRule>
  /** Whether the network settings let the cache reach the upstream. */
  hasRoute(source: UpstreamSource): boolean
  /** Throws UpstreamFailure if they do not. */
  requireRoute(source: UpstreamSource): void
}

/** The dependencies of finding sources. */
export interface UpstreamSourcesDeps {
  readonly store: Store
  readonly ruleUpstreams: RuleUpstreams
  /** The setting `network.egress`. */
  readonly egress: 'all' | 'none'
  readonly dockerHubLibrary: DockerHubLibrary
}

/** The sources of all repositories. Rules are read each time, so that a change takes effect at once. */
export function upstreamSources(deps: UpstreamSourcesDeps): UpstreamSources {
  const { store, ruleUpstreams, egress, dockerHubLibrary } = deps

  async function upstreamForRepository(registry: Registry, name: string): Promise<UpstreamSource | undefined> {
    const rule = await ruleForRepository(store, registry, name)
    if (!rule) return undefined
    const repository = upstreamRepository(rule, name, dockerHubLibrary)
    return { rule, upstream: ruleUpstreams.of(rule, registry), repository }
  }

  const hasRoute = ({ upstream }: UpstreamSource) => egress === 'all' || upstream.isInProcess === true

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
    hasRoute,
    requireRoute(source) {
      if (hasRoute(source)) return
      const message = 'Not cached, and the registry has no route to the upstream (network.egress is "none")'
      throw new UpstreamFailure('no-route', message)
    },
  }
}

/** The failure for an image or layer that is not cached and that no rule serves any more. */
export const noRuleServes = (repository: string) =>
  new UpstreamFailure('no-route', `Not cached, and no pull through cache rule serves ${repository} any more`)
