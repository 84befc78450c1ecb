import type { PullThroughCacheRule } from '../../registry/cache-rules/cache-rule.js'
import type { Layer } from '../../registry/images/image.js'
import { keyOf, type Store } from '../../registry/ports/store.js'
import type { Registry } from '../../registry/registry.js'
import type { RunningImports } from '../imports/running-imports.js'
import type { UpstreamSource, UpstreamSources } from '../upstream-sources.js'
import { clientPriority } from './client-priority.js'
import { startFill, type Fill, type FillDeps, type FillRequest } from './fill.js'
import {
  assumeIfUnanswered,
  type ConfirmLayer,
  type LayerAtUpstream,
  layerConfirmations,
  mayReuseBytes,
} from './layer-confirmation.js'

/** Fetches layers that are not stored yet, or not yet confirmed for their repository. */
export interface Fills {
  /**
   * Starts or joins the fill of a pulled-through layer; undefined if no rule serves its repository any more. When it is
   * done, the layer's record says that its upstream has sent the bytes. Throws UpstreamFailure.
   */
  fillLayer(registry: Registry, layer: Layer): Promise<Fill | undefined>
  /** Whether the layer can still be fetched: false if no rule serves its repository or the upstream answers 404. */
  canFillLayer(registry: Registry, layer: Layer): Promise<boolean>
}

/** The dependencies of fills. */
export interface FillsDeps extends Omit<FillDeps, 'clients'> {
  readonly store: Store
  readonly sources: UpstreamSources
  readonly running: Pick<RunningImports, 'transfer'>
}

interface SharedFill {
  readonly fill: Fill
  /**
   * Promises that resolve when a layer's record is confirmed, by the record's key. Repositories that share a fill have
   * one each.
   */
  readonly confirmations: Map<string, Promise<void>>
}

/**
 * The fills in progress: one for each blob and upstream, however many clients wait (single-flight). Repositories share
 * a fill if they have the layer from the same upstream with the same credentials. A broken upstream does not delay the
 * others.
 */
export function fills(deps: FillsDeps): Fills {
  const { store, sources } = deps
  const inProgress = new Map<string, SharedFill>()
  const confirm = layerConfirmations(store, deps.log)
  const fillDeps = { ...deps, clients: clientPriority() }

  function start(key: string, at: LayerAtUpstream): SharedFill {
    sources.requireRoute(at.source)
    const { digest } = at.layer
    const fill = startFill(`fill ${key}`, requestOf(at, store, confirm), fillDeps)
    const sharedFill = { fill, confirmations: new Map([[recordKey(at), fill.done]]) }
    inProgress.set(key, sharedFill)
    deps.running.transfer(digest, fill)
    const forget = () => void inProgress.delete(key)
    fill.done.then(forget, forget)
    return sharedFill
  }

  return {
    async fillLayer(registry, layer) {
      const source = await sources.upstreamForRepository(registry, layer.repository)
      if (!source) return undefined
      const at = { registry, layer, source }
      const key = fillKey(registry, source, layer)
      const { fill, confirmations } = inProgress.get(key) ?? start(key, at)
      const done = confirmations.get(recordKey(at)) ?? fill.done.then(() => confirm(at))
      confirmations.set(recordKey(at), done)
      done.catch(() => {})
      return withDone(fill, done)
    },
    async canFillLayer(registry, { repository, digest }) {
      const source = await sources.upstreamForRepository(registry, repository)
      if (!source || !sources.hasRoute(source)) return false
      return source.upstream.hasBlob(source.repository, digest).catch(assumeIfUnanswered(true))
    },
  }
}

const requestOf = (at: LayerAtUpstream, store: Store, confirm: ConfirmLayer): FillRequest => ({
  digest: at.layer.digest,
  size: at.layer.size,
  openBody: (from) => at.source.upstream.blob(at.source.repository, at.layer.digest, from, at.layer.size),
  mayReuse: (isStored) => mayReuseBytes(at, store, isStored),
  confirm: () => confirm(at),
})

/**
 * Requests with the same key share a fill. The key contains the credentials, because an upstream may serve a blob to
 * one login and not to another.
 */
const fillKey = ({ account }: Registry, { rule, repository }: UpstreamSource, { digest, size }: Layer) =>
  keyOf(rule.upstreamRegistryUrl, repository, digest, String(size), ...loginOf(rule, account))

/** A private registry of ECR is read with a role: that of the rule, or the service-linked one of the account. */
function loginOf({ credentialArn, customRoleArn, upstreamRegistry }: PullThroughCacheRule, account: string): string[] {
  if (credentialArn !== undefined) return [credentialArn]
  return upstreamRegistry === 'ecr' ? [customRoleArn ?? account] : []
}

const recordKey = ({ registry, layer }: LayerAtUpstream) =>
  keyOf(registry.account, registry.region, layer.repository, layer.digest)

/**
 * The same fill with another `done`. A spread would copy the present value of `receivedBytes` instead of its getter.
 */
const withDone = (fill: Fill, done: Promise<void>): Fill => ({
  ...fill,
  get receivedBytes() {
    return fill.receivedBytes
  },
  done,
})
