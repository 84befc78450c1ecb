import { describe, expect, it } from 'vitest'
import { listAll } from '../../../src/registry/list-records.js'
import { registry, startCache } from '../../support/cache.js'
import { heldUpMs, MOST_HELD_UP_MS } from '../../support/event-loop.js'
import { faultyUpstream } from '../../support/faulty-upstream.js'
import { digestOf, manifestOf, mediaTypes } from '../../support/upstream-content.js'

const LAYERS = 2000
const host = 'public.ecr.aws'

/** A cache, and an upstream with images of very many layers whose bytes never arrive. */
async function cacheOfLargeImages() {
  const upstream = await faultyUpstream()
  const cache = await startCache({ upstreams: { [host]: upstream.url } })
  await cache.addRule({ ecrRepositoryPrefix: 'p', upstreamRegistryUrl: host })
  const descriptor = (text: string, mediaType: string) => ({ mediaType, digest: digestOf(Buffer.from(text)), size: 9 })
  const addImage = (tag: string) => {
    const layers = Array.from({ length: LAYERS }, (_, at) => descriptor(`${tag} ${at}`, mediaTypes.ociLayer))
    const config = descriptor('config', mediaTypes.ociConfig)
    const json = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers }
    const image = manifestOf(Buffer.from(JSON.stringify(json)), mediaTypes.ociManifest)
    upstream.content.manifests.set(`app ${image.digest}`, image)
    upstream.content.tags.set(`app ${tag}`, image.digest)
    return image
  }
  return {
    ...{ cache, addImage },
    async [Symbol.asyncDispose]() {
      await cache[Symbol.asyncDispose]()
      await upstream.close()
    },
  }
}

describe('first pull of an image with thousands of layers', () => {
  it('A first pull of an image with 2000 layers records them all without blocking the event loop', async () => {
    await using given = await cacheOfLargeImages()
    const images = [0, 1, 2].map((run) => given.addImage(`v${run}`))

    const held = await heldUpMs(async (run) => {
      const { statusCode, body } = await given.cache.ask(`p/app/manifests/v${run}`)
      expect(statusCode).toBe(200)
      expect(Buffer.from(await body.arrayBuffer()).equals(images[run]!.bytes)).toBe(true)
    })

    expect(held).toBeLessThan(MOST_HELD_UP_MS)
    const layers = await listAll(given.cache.store.layers, registry)
    expect(layers).toHaveLength(3 * LAYERS + 1)
    expect(layers.every(({ isInImage, pulledThrough }) => isInImage === true && pulledThrough === true)).toBe(true)
    expect(JSON.stringify(await given.cache.image('p/app', images[0]!.digest)).length).toBeLessThan(1000)
  })
})
