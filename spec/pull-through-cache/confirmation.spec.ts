import { describe, expect, it } from 'vitest'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { type LayerAtUpstream, layerConfirmations } from '../../src/pull-through-cache/fills/layer-confirmation.js'
import { type KeyValue, StoreUnavailable } from '../../src/registry/ports/key-value.js'
import type { Store } from '../../src/registry/ports/store.js'
import { storeOf } from '../../src/store/store-of.js'
import { startCache } from '../support/cache.js'
import { faultyUpstream } from '../support/faulty-upstream.js'
import { silent } from '../support/silent-log.js'
import { status } from '../support/upstream-faults.js'

/** A store that is unavailable for this many of the writes that confirm a layer. */
function storeThatMisses(confirmations: number): Store {
  const keyValue = memoryKeyValue()
  let left = confirmations
  const commit: KeyValue['commit'] = (registry, expectations, writes) =>
    writes.some(({ collection }) => collection === 'origins') && left-- > 0
      ? Promise.reject(new StoreUnavailable('for a moment'))
      : keyValue.commit(registry, expectations, writes)
  return storeOf({ ...keyValue, commit })
}

describe('layer confirmation during an outage of the store', () => {
  it('A layer fetched during an outage of the store is confirmed later and served from then on', async () => {
    const upstream = await faultyUpstream()
    const image = upstream.addImage('team/app', { tag: 'v1', layers: 1, layerSize: 1000 })
    await using cache = await startCache({
      upstreams: { 'public.ecr.aws': upstream.url },
      store: storeThatMisses(3),
    })
    await cache.addRule({ ecrRepositoryPrefix: 'ecr-public', upstreamRegistryUrl: 'public.ecr.aws' })
    const get = async (path: string) => {
      const answer = await cache.ask(`ecr-public/team/app/${path}`)
      await answer.body.arrayBuffer()
      return answer.statusCode
    }
    expect(await get('manifests/v1')).toBe(200)
    await cache.settled()

    upstream.fault(/blobs/, status(404))
    for (const blob of [image.config, ...image.layers]) expect(await get(`blobs/${blob}`)).toBe(200)
    await upstream.close()
  })

  it('A layer is confirmed while the server of another registry does not answer', async () => {
    const region = 'us-east-1'
    const [silentOne, other] = [
      { account: '111122223333', region },
      { account: '444455556666', region },
    ]
    const keyValue = memoryKeyValue()
    const commit: KeyValue['commit'] = (registry, ...rest) =>
      registry.account === silentOne.account ? new Promise(() => {}) : keyValue.commit(registry, ...rest)
    const confirm = layerConfirmations(storeOf({ ...keyValue, commit }), silent)
    const layer = { repository: 'app', digest: 'sha256:one', size: 1, pulledThrough: true }
    const source = { rule: { upstreamRegistryUrl: 'public.ecr.aws' } } as LayerAtUpstream['source']
    const store = storeOf(keyValue)
    for (const registry of [silentOne, other]) await store.layers.put(registry, 'app sha256:one', layer)

    void confirm({ registry: silentOne, layer, source })
    await confirm({ registry: other, layer, source })
    expect(await store.layers.get(other, 'app sha256:one')).toMatchObject({ isConfirmed: true })
  })
})
