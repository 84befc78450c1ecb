import type { Layer } from '../../registry/images/image.js'
import { keyOf, type Store } from '../../registry/ports/store.js'
import type { Registry } from '../../registry/registry.js'
import type { UpstreamSource, UpstreamSources } from '../upstream-sources.js'
import { startFill, type Fill, type FillDeps } from './fill.js'
import { recordConfirmation, type LayerAtUpstream, mayReuseBytes, whereNotAnswered } from './layer-confirmation.js'

/** The layers that are not here yet, or are not yet confirmed for their repository. */
export interface Fills {
  /**
   * The fill that brings a pulled-through layer, started or joined; undefined where no rule serves its repository any more.
   * When it is done, the layer's record says that its upstream has sent the bytes. Throws UpstreamFailure.
   */
  fillLayer(registry: Registry, layer: Layer): Promise<Fill | undefined>
  /** Whether the layer can still come, as far as its upstream answers: false where no rule serves it, or for a 404. */
  canFillLayer(registry: Registry, layer: Layer): Promise<boolean>
}

/** What filling needs. */
export interface FillsDeps extends FillDeps {
  readonly store: Store
  readonly sources: UpstreamSources
}

interface SharedFill {
  readonly fill: Fill
  /** Resolves when the layer's record is confirmed, by the key of the record: repositories that share a fill have one each. */
  readonly confirmations: Map<string, Promise<void>>
}

/**
 * The fills in progress: one for each blob and upstream, however many clients wait. Repositories that have a layer from the
 * same place with the same credentials share it; a broken upstream delays no other.
 */
export function fills(deps: FillsDeps): Fills {
  const { store, sources, log } = deps
  const inProgress = new Map<string, SharedFill>()

  function start(key: string, at: LayerAtUpstream): SharedFill {
    sources.requireRoute()
    const { digest, size } = at.layer
    const request = {
      digest,
      size,
      openBody: (from: number) => at.source.upstream.blob(at.source.repository, digest, from, size),
      mayReuse: () => mayReuseBytes(at, store),
      confirm: () => recordConfirmation(at, store, log),
    }
    const fill = startFill(`fill ${key}`, request, deps)
    const shared = { fill, confirmations: new Map([[recordKey(at), fill.done]]) }
    inProgress.set(key, shared)
    const forget = () => void inProgress.delete(key)
    fill.done.then(forget, forget)
    return shared
  }

  return {
    async fillLayer(registry, layer) {
      const source = await sources.upstreamForRepository(registry, layer.repository)
      if (!source) return undefined
      const at = { registry, layer, source }
      const key = fillKey(source, layer)
      const { fill, confirmations } = inProgress.get(key) ?? start(key, at)
      const done = confirmations.get(recordKey(at)) ?? fill.done.then(() => recordConfirmation(at, store, log))
      confirmations.set(recordKey(at), done)
      done.catch(() => {})
      return withDone(fill, done)
    },
    async canFillLayer(registry, { repository, digest }) {
      const source = await sources.upstreamForRepository(registry, repository)
      if (!source || !sources.hasRoute) return false
      return source.upstream.hasBlob(source.repository, digest).catch(whereNotAnswered(true))
    },
  }
}

/** What makes two fills the same. What an upstream gives to one login it may not give to another. */
const fillKey = ({ rule, repository }: UpstreamSource, { digest, size }: Layer) =>
  keyOf(rule.upstreamRegistryUrl, repository, digest, String(size), ...(rule.credentialArn ? [rule.credentialArn] : []))

const recordKey = ({ registry, layer }: LayerAtUpstream) =>
  keyOf(registry.account, registry.region, layer.repository, layer.digest)

/** The same fill, done when the layer is confirmed; a spread would take `received` as it is now. */
const withDone = (fill: Fill, done: Promise<void>): Fill => ({
  ...fill,
  get received() {
    return fill.received
  },
  done,
})
