import { setTimeout } from 'node:timers/promises'
import type { Layer } from '../../registry/images/image.js'
import { confirmed, isOfRepository } from '../../registry/layers/layer-with-bytes.js'
import { StoreUnavailable } from '../../registry/ports/key-value.js'
import { keyOf } from '../../registry/ports/store.js'
import { UpstreamFailure } from '../../registry/ports/upstream.js'
import { installation, type Registry } from '../../registry/registry.js'
import { startFill, type Fill, type FillDeps } from './fill.js'
import { requireEgress, type Source, type SourceDeps, sourceOf } from '../upstream-source.js'

/** Layers that are not here yet, or not yet their repository's: one transfer per digest and upstream, however many wait. */
export interface LayerCache {
  /**
   * The transfer that brings a pulled-through layer, begun or joined; undefined where no rule serves it any more. When it
   * is done the layer's record says that its upstream has answered for it.
   */
  fill(registry: Registry, layer: Layer): Promise<Fill | undefined>
  /** Whether the layer can still come, as far as its upstream can be asked: false where there is no rule, or a 404. */
  isToCome(registry: Registry, layer: Layer): Promise<boolean>
}

type LayerCacheDeps = SourceDeps & FillDeps

interface InFlight {
  readonly fill: Fill
  /** By the layer's record: repositories that share a transfer each have one of their own. */
  readonly done: Map<string, Promise<void>>
}

/**
 * Keeps the transfers in flight. Repositories that have a layer from the same place, with the same credentials, share its
 * transfer; one whose upstream is broken holds up no other.
 */
export function layerCache(deps: LayerCacheDeps): LayerCache {
  const inFlight = new Map<string, InFlight>()

  function begin(key: string, registry: Registry, layer: Layer, source: Source): InFlight {
    requireEgress(deps.settings)
    const { digest, size } = layer
    const fill = startFill(
      `fill ${key}`,
      {
        ...{ digest, size },
        openBody: (from) => source.upstream.blob(source.repository, digest, from, size),
        mayBeHad: () => mayBeHad(registry, layer, source, deps),
        kept: () => noteKept(registry, layer, source, deps),
      },
      deps,
    )
    const begun = { fill, done: new Map([[recordOf(registry, layer), fill.done]]) }
    inFlight.set(key, begun)
    const forget = () => void inFlight.delete(key)
    fill.done.then(forget, forget)
    return begun
  }

  return {
    async fill(registry, layer) {
      const source = await sourceOf(registry, layer.repository, deps)
      if (!source) return undefined
      const key = transferOf(source, layer)
      const { fill, done } = inFlight.get(key) ?? begin(key, registry, layer, source)
      const record = recordOf(registry, layer)
      const confirming = done.get(record) ?? fill.done.then(() => noteKept(registry, layer, source, deps))
      done.set(record, confirming)
      confirming.catch(() => {})
      return { ...fill, done: confirming }
    },
    isToCome: (registry, layer) => isToCome(registry, layer, deps),
  }
}

async function isToCome(registry: Registry, { repository, digest }: Layer, deps: SourceDeps): Promise<boolean> {
  const source = await sourceOf(registry, repository, deps)
  if (!source || deps.settings.egress === 'none') return false
  return source.upstream.hasBlob(source.repository, digest).catch(orElse(true))
}

/** What is taken for the answer of an upstream that gave none. */
const orElse =
  (answer: boolean) =>
  (error: unknown): boolean => {
    if (error instanceof UpstreamFailure) return answer
    throw error
  }

/** What makes two transfers the same: what an upstream gives to one login is not another's. */
const transferOf = ({ rule, repository }: Source, { digest, size }: Layer) =>
  keyOf(rule.upstreamRegistryUrl, repository, digest, String(size), ...(rule.credentialArn ? [rule.credentialArn] : []))

const recordOf = ({ account, region }: Registry, { repository, digest }: Layer) =>
  keyOf(account, region, repository, digest)

/**
 * Whether bytes that are here already may be taken for those of the upstream: they are the repository's meanwhile, or the
 * upstream has sent them before and says that this repository of its own has them. Anything else it says proves nothing:
 * an upstream could claim to have what others have pushed here, and be given it.
 */
async function mayBeHad(registry: Registry, layer: Layer, { rule, upstream, repository }: Source, deps: SourceDeps) {
  const { digest } = layer
  const [now, origin] = await Promise.all([
    deps.store.layers.get(registry, keyOf(layer.repository, digest)),
    deps.store.origins.get(installation, keyOf(digest, rule.upstreamRegistryUrl)),
  ])
  if (now && isOfRepository(now)) return true
  if (!origin) return false
  // Where HEAD says nothing, the transfer shows what there is.
  return upstream.hasBlob(repository, digest).catch(orElse(false))
}

/** How long a confirmation waits for a store that is unavailable, in milliseconds, and how often it is tried meanwhile. */
const CONFIRM_WITHIN_MS = 120_000
const CONFIRM_EVERY_MS = 250

/**
 * Records that the upstream has sent the bytes, and that they are the repository's. Clients have what they came for, but the
 * next one is served whatever the upstream says then: so it is tried until an unavailable store is back.
 */
async function noteKept(registry: Registry, layer: Layer, source: Source, deps: LayerCacheDeps): Promise<void> {
  const giveUpAt = performance.now() + CONFIRM_WITHIN_MS
  for (;;) {
    try {
      return await confirm(registry, layer, source, deps)
    } catch (err) {
      if (!(err instanceof StoreUnavailable) || performance.now() > giveUpAt)
        return deps.log.warn({ err, digest: layer.digest }, 'a layer was not confirmed: its upstream is asked again')
      await setTimeout(CONFIRM_EVERY_MS, undefined, { ref: false })
    }
  }
}

async function confirm(registry: Registry, { repository, digest, size }: Layer, { rule }: Source, deps: SourceDeps) {
  const { upstreamRegistryUrl } = rule
  const key = keyOf(repository, digest)
  const [now] = await Promise.all([
    deps.store.layers.get(registry, key),
    deps.store.origins.insert(installation, keyOf(digest, upstreamRegistryUrl), { digest, upstreamRegistryUrl }),
  ])
  if (now && !isOfRepository(now))
    await deps.store.layers.update(registry, key, (layer) => confirmed({ ...layer, size }))
}
