import type { BlobStore } from '../registry/ports/blob-store.js'
import type { Layer } from '../registry/image.js'
import type { Registry } from '../registry/registry.js'
import { startFill, type Fill } from './fill.js'
import { requireEgress, type SourceDeps, sourceOf } from './source.js'

/** Layers that are not here yet: one transfer per digest, however many wait for it. */
export interface LayerCache {
  /** The transfer that brings a pulled-through layer, begun or joined; undefined where no rule serves it any more. */
  fill(registry: Registry, layer: Layer): Promise<Fill | undefined>
}

/** Keeps the transfers in flight, by digest: repositories share blobs, so they share transfers. */
export function layerCache(deps: SourceDeps & { blobs: BlobStore }): LayerCache {
  const inFlight = new Map<string, Fill>()

  return {
    async fill(registry, { repository, digest, size }) {
      const source = inFlight.has(digest) ? undefined : await sourceOf(registry, repository, deps)
      const joined = inFlight.get(digest)
      if (joined ?? !source) return joined

      requireEgress(deps.settings)
      const openBody = (from: number) => source.upstream.blob(source.repository, digest, from)
      const fill = startFill({ digest, size, openBody }, deps.blobs)
      inFlight.set(digest, fill)
      const forget = () => void inFlight.delete(digest)
      fill.done.then(forget, forget)
      return fill
    },
  }
}
