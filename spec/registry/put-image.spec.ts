import { describe, expect, it } from 'vitest'
import { type Manifest, parseManifest } from '../../src/registry/images/manifest.js'
import { putImage } from '../../src/registry/images/image-registration.js'
import type { Repository } from '../../src/registry/repositories/repository.js'
import { imageManifest, sha256 } from '../support/push.js'
import { now, registry, registryWith } from '../support/stocked-store.js'

const blob = (content: string) => ({ digest: sha256(content), size: content.length })
const repository = 'ecr-public/nginx'

/** An image of which only the manifest has arrived. */
function image(layer: string) {
  const text = imageManifest(blob('{}'), [blob(layer)])
  const manifest: Manifest = parseManifest(Buffer.from(text))
  return { repository, digest: sha256(text), manifest, manifestSize: text.length, now: now.getTime() }
}

async function cache(settings: Partial<Repository> = {}) {
  const { store } = await registryWith(repository, settings)
  const pull = (layer: string, tag?: string, at = now.getTime()) =>
    putImage(store, registry, { ...image(layer), ...(tag !== undefined && { tag }), now: at, pulledThrough: true })
  const tag = (name: string) => store.tags.get(registry, `${repository} ${name}`)
  const tagsOf = async (layer: string) =>
    (await store.images.get(registry, `${repository} ${image(layer).digest}`))?.tags
  return { store, pull, tag, tagsOf }
}

describe('pulled-through image', () => {
  it('A pulled-through image is recorded before its layers, which are marked as being pulled through', async () => {
    const { store, pull } = await cache()

    const { changed, tagKept } = await pull('a layer', 'latest')

    expect({ changed, tagKept }).toEqual({ changed: true, tagKept: false })
    const { items } = await store.layers.list(registry, { limit: 10 })
    expect(items.map(({ digest, pulledThrough }) => ({ digest, pulledThrough }))).toEqual(
      [sha256('a layer'), sha256('{}')].sort().map((digest) => ({ digest, pulledThrough: true })),
    )
  })

  it('A pulled-through image takes the tag that moved upstream and leaves the old image untagged', async () => {
    const { pull, tag, tagsOf } = await cache()
    await pull('old', 'latest')
    await pull('new', 'latest', now.getTime() + 1)
    expect(await tagsOf('old')).toEqual([])
    expect(await tagsOf('new')).toEqual(['latest'])
    expect(await tag('latest')).toMatchObject({
      digest: image('new').digest,
      upstream: { checkedAt: now.getTime() + 1 },
    })
  })

  it('A pulled-through image does not move an immutable tag, which keeps its image and counts as checked', async () => {
    const { pull, tag, tagsOf } = await cache({ imageTagMutability: 'IMMUTABLE' })
    await pull('old', 'latest')
    const { tagKept } = await pull('new', 'latest', now.getTime() + 1)
    expect(tagKept).toBe(true)
    expect(await tagsOf('old')).toEqual(['latest'])
    expect(await tagsOf('new')).toEqual([])
    expect(await tag('latest')).toMatchObject({
      digest: image('old').digest,
      upstream: { checkedAt: now.getTime() + 1 },
    })
  })

  it('A push of a pulled-through tag makes it a pushed tag without an upstream', async () => {
    const { store, pull, tag } = await cache()
    await pull('a layer', 'latest')
    await putImage(store, registry, { ...image('a layer'), tag: 'latest' })
    expect(await tag('latest')).not.toHaveProperty('upstream')
  })
})

describe('concurrent pulls of one tag', () => {
  it('Concurrent pulls of one tag leave the tag on one image, and the records of all images agree', async () => {
    const { store, pull, tag, tagsOf } = await cache()
    const layers = Array.from({ length: 8 }, (_, n) => `layer ${n}`)
    await Promise.all(layers.map((layer) => pull(layer, 'latest')))

    const winner = await tag('latest')
    for (const layer of layers) {
      expect(await tagsOf(layer)).toEqual(image(layer).digest === winner?.digest ? ['latest'] : [])
    }
    expect((await store.images.list(registry, { limit: 10 })).items).toHaveLength(8)
  })
})
