import type { Layer } from '../../registry/image.js'
import { keyOf } from '../../registry/ports/store.js'
import type { Registry } from '../../registry/registry.js'
import { startFill, type Fill, type FillDeps } from './fill.js'
import { requireEgress, type SourceDeps, sourceOf } from './source.js'

/** Layers that are not here yet: one transfer per digest and upstream, however many wait for it. */
export interface LayerCache {
  /** The transfer that brings a pulled-through layer, begun or joined; undefined where no rule serves it any more. */
  fill(registry: Registry, layer: Layer): Promise<Fill | undefined>
}

/**
 * Keeps the transfers in flight. Repositories that have a layer from the same place share its transfer; one whose
 * upstream is broken holds up nobody else.
 */
export function layerCache(deps: SourceDeps & FillDeps): LayerCache {
  const inFlight = new Map<string, Fill>()

  return {
    async fill(registry, { repository, digest, size }) {
      const source = await sourceOf(registry, repository, deps)
      if (!source) return undefined
      const key = keyOf(source.rule.upstreamRegistryUrl, source.repository, digest, String(size))
      const joined = inFlight.get(key)
      if (joined) return joined

      requireEgress(deps.settings)
      const openBody = (from: number) => source.upstream.blob(source.repository, digest, from)
      const fill = startFill(`fill ${key}`, { digest, size, openBody }, deps)
      inFlight.set(key, fill)
      const forget = () => void inFlight.delete(key)
      fill.done.then(forget, forget)
      return fill
    },
  }
}
