import { setTimeout as sleep } from 'node:timers/promises'
import { groupCommit } from '../../coordination/group-commit.js'
import type { Layer } from '../../registry/images/image.js'
import { belongsToRepository, confirmLayer } from '../../registry/layers/layer-with-bytes.js'
import { StoreUnavailable } from '../../registry/ports/key-value.js'
import type { Log } from '../../registry/ports/log.js'
import { keyOf, type Store } from '../../registry/ports/store.js'
import { UpstreamFailure } from '../../registry/ports/upstream.js'
import { installation, type Registry } from '../../registry/registry.js'
import type { UpstreamSource } from '../upstream-sources.js'

/*
 * Knowing a digest does not entitle a repository to the bytes stored under it (decision 13). A pulled-through
 * repository gets them once its own upstream has sent them, or has sent them before and confirms that it still has
 * them.
 */

/** A layer of a repository, and the upstream it comes from. */
export interface LayerAtUpstream {
  readonly registry: Registry
  readonly layer: Layer
  readonly source: UpstreamSource
}

/**
 * Whether stored bytes may be used as those of the upstream: the repository has been confirmed in the meantime, or this
 * upstream has sent the bytes before and says that the repository has them. The upstream's claim alone is not enough,
 * because it could claim to have bytes that other accounts have pushed here, and so expose them. A registry of this
 * installation claims only what its own records say.
 */
export async function mayReuseBytes(
  { registry, layer, source }: LayerAtUpstream,
  store: Store,
  isStored: () => Promise<boolean>,
): Promise<boolean> {
  const { digest } = layer
  const [record, origin] = await Promise.all([
    store.layers.get(registry, keyOf(layer.repository, digest)),
    store.origins.get(installation, keyOf(digest, source.rule.upstreamRegistryUrl)),
  ])
  const isConfirmed = record !== undefined && belongsToRepository(record)
  if (!isConfirmed && !origin && !source.upstream.isInProcess) return false
  if (!(await isStored())) return false
  if (isConfirmed) return true
  // If HEAD does not tell, the transfer will show whether the upstream has them.
  return source.upstream.hasBlob(source.repository, digest).catch(assumeIfUnanswered(false))
}

/** A rejection handler: returns `assumed` if the upstream did not answer, and rethrows any other error. */
export const assumeIfUnanswered =
  (assumed: boolean) =>
  (error: unknown): boolean => {
    if (error instanceof UpstreamFailure) return assumed
    throw error
  }

/** How long a confirmation waits for an unavailable store, and how often it retries, in milliseconds. */
const CONFIRM_WITHIN_MS = 120_000
const CONFIRM_EVERY_MS = 250

/** How many confirmations are written together. */
const MAX_TOGETHER = 100

/** Records that the upstream has sent the bytes of a layer and that they belong to the repository. Never rejects. */
export type ConfirmLayer = (layer: LayerAtUpstream) => Promise<void>

/**
 * The confirmations of one process. Those of a registry's layers that become ready during a commit share the next one.
 * Registries do not share: in a cluster each is on a server of its own, and one may be unavailable. A confirmation
 * waits while the store is unavailable, because later clients depend on the record if the upstream fails.
 */
export function layerConfirmations(store: Store, log: Log): ConfirmLayer {
  const groups = new Map<string, ConfirmLayer>()

  function groupOf(registry: Registry): ConfirmLayer {
    const name = keyOf(registry.account, registry.region)
    const group = groups.get(name) ?? groupCommit((layers) => writeConfirmations(layers, registry, store), MAX_TOGETHER)
    groups.set(name, group)
    return group
  }

  return async (layer) => {
    const giveUpAt = performance.now() + CONFIRM_WITHIN_MS
    for (;;) {
      try {
        return await groupOf(layer.registry)(layer)
      } catch (err) {
        const { digest } = layer.layer
        if (!(err instanceof StoreUnavailable) || performance.now() > giveUpAt)
          return log.warn({ err, digest }, 'a layer could not be confirmed: it will be fetched from its upstream again')
        await sleep(CONFIRM_EVERY_MS, undefined, { ref: false })
      }
    }
  }
}

/** One transaction for the origins, which belong to the installation, and one for the layers. */
async function writeConfirmations(
  layers: readonly LayerAtUpstream[],
  registry: Registry,
  store: Store,
): Promise<void[]> {
  await Promise.all([recordOrigins(layers, store), confirmLayers(layers, registry, store)])
  return layers.map(() => {})
}

const recordOrigins = (layers: readonly LayerAtUpstream[], store: Store): Promise<unknown> =>
  store.transact(installation, ({ origins }) =>
    Promise.all(
      layers.map(({ layer: { digest }, source: { rule } }) => {
        const { upstreamRegistryUrl } = rule
        return origins.insert(installation, keyOf(digest, upstreamRegistryUrl), { digest, upstreamRegistryUrl })
      }),
    ),
  )

const confirmLayers = (confirmed: readonly LayerAtUpstream[], registry: Registry, store: Store): Promise<unknown> =>
  store.transact(registry, ({ layers }) =>
    Promise.all(
      confirmed.map(({ layer: { repository, digest, size } }) =>
        layers.update(registry, keyOf(repository, digest), (record) =>
          belongsToRepository(record) ? record : confirmLayer({ ...record, size }),
        ),
      ),
    ),
  )
