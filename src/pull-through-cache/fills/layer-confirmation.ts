import { setTimeout as sleep } from 'node:timers/promises'
import type { Layer } from '../../registry/images/image.js'
import { belongsToRepository, confirmLayer } from '../../registry/layers/layer-with-bytes.js'
import { StoreUnavailable } from '../../registry/ports/key-value.js'
import type { Log } from '../../registry/ports/log.js'
import { keyOf, type Store } from '../../registry/ports/store.js'
import { UpstreamFailure } from '../../registry/ports/upstream.js'
import { installation, type Registry } from '../../registry/registry.js'
import type { UpstreamSource } from '../upstream-sources.js'

/*
 * A digest alone gives no right to the bytes that are stored under it (decision 13): a repository gets them once its own
 * upstream has sent them, or has sent them before and says that it still has them.
 */

/** A layer of a repository, and the upstream it comes from. */
export interface LayerAtUpstream {
  readonly registry: Registry
  readonly layer: Layer
  readonly source: UpstreamSource
}

/**
 * Whether bytes that are stored already may be taken for those of the upstream: they have become the repository's in the
 * meantime, or this upstream has sent them before and says that this repository of its own has them. Its word alone proves
 * nothing: an upstream could claim what others have pushed here, and be given it.
 */
export async function mayReuseBytes({ registry, layer, source }: LayerAtUpstream, store: Store): Promise<boolean> {
  const { digest } = layer
  const [record, origin] = await Promise.all([
    store.layers.get(registry, keyOf(layer.repository, digest)),
    store.origins.get(installation, keyOf(digest, source.rule.upstreamRegistryUrl)),
  ])
  if (record && belongsToRepository(record)) return true
  if (!origin) return false
  // Where HEAD does not say, the transfer will show whether the upstream has them.
  return source.upstream.hasBlob(source.repository, digest).catch(whereNotAnswered(false))
}

/** For a rejection handler: what to assume where the upstream gave no answer. Any other error is thrown on. */
export const whereNotAnswered =
  (assumed: boolean) =>
  (error: unknown): boolean => {
    if (error instanceof UpstreamFailure) return assumed
    throw error
  }

/** How long a confirmation waits for a store that is unavailable, in milliseconds, and how often it tries meanwhile. */
const CONFIRM_WITHIN_MS = 120_000
const CONFIRM_EVERY_MS = 250

/**
 * Records that the upstream has sent the bytes, and that they are the repository's. Waits for a store that is unavailable:
 * the clients of this fill have the bytes, but those after them depend on the record once the upstream fails. Never rejects.
 */
export async function recordConfirmation(layer: LayerAtUpstream, store: Store, log: Log): Promise<void> {
  const giveUpAt = performance.now() + CONFIRM_WITHIN_MS
  for (;;) {
    try {
      return await writeConfirmation(layer, store)
    } catch (err) {
      const { digest } = layer.layer
      if (!(err instanceof StoreUnavailable) || performance.now() > giveUpAt)
        return log.warn({ err, digest }, 'a layer was not confirmed: its upstream is asked again')
      await sleep(CONFIRM_EVERY_MS, undefined, { ref: false })
    }
  }
}

async function writeConfirmation({ registry, layer, source }: LayerAtUpstream, store: Store): Promise<void> {
  const { repository, digest, size } = layer
  const { upstreamRegistryUrl } = source.rule
  const key = keyOf(repository, digest)
  const [record] = await Promise.all([
    store.layers.get(registry, key),
    store.origins.insert(installation, keyOf(digest, upstreamRegistryUrl), { digest, upstreamRegistryUrl }),
  ])
  if (record && !belongsToRepository(record))
    await store.layers.update(registry, key, (current) => confirmLayer({ ...current, size }))
}
