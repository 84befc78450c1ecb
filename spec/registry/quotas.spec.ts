import { describe, expect, it } from 'vitest'
import { createRepository } from '../../src/registry/repositories/repository-creation.js'
import { parseManifest } from '../../src/registry/images/manifest.js'
import { putImage } from '../../src/registry/images/image-registration.js'
import { defaultQuotas } from '../../src/registry/quotas.js'
import { newRepository } from '../../src/registry/repositories/repository.js'
import { imageManifest, sha256 } from '../support/push.js'
import { now, registry, registryWith } from '../support/stocked-store.js'

const repository = 'team/app'
const blob = (content: string) => ({ digest: sha256(content), size: content.length })
const image = (layer: string, more: { tag?: string; pulledThrough?: true } = { pulledThrough: true }) => {
  const text = imageManifest(blob('{}'), [blob(layer)])
  const facts = { repository, digest: sha256(text), manifest: parseManifest(Buffer.from(text)) }
  return { ...facts, manifestSize: text.length, now: now.getTime(), ...more }
}
const twoImages = { ...defaultQuotas, imagesPerRepository: 2 }
const tooManyImages = {
  code: 'LimitExceededException',
  message:
    "The repository with name 'team/app' in registry with id '123456789012' already has the maximum allowed number of images which is '2'",
}

describe('quota of images per repository', () => {
  it('The quota of images per repository refuses a new image and accepts tags on images already there', async () => {
    const { store } = await registryWith(repository)
    await putImage(store, registry, image('one'), twoImages)
    await putImage(store, registry, image('two'), twoImages)

    await expect(putImage(store, registry, image('three'), twoImages)).rejects.toMatchObject(tooManyImages)
    const tagged = image('two', { pulledThrough: true, tag: 'v1' })
    await expect(putImage(store, registry, tagged, twoImages)).resolves.toMatchObject({ changed: true })
    await store.images.remove(registry, `${repository} ${image('one').digest}`)
    await expect(putImage(store, registry, image('three'), twoImages)).resolves.toMatchObject({ isNew: true })
  })

  it('The quota of images per repository is counted for each repository separately', async () => {
    const { store } = await registryWith(repository)
    await store.repositories.insert(registry, 'team/app2', newRepository('team/app2', now))
    for (const layer of ['one', 'two']) await putImage(store, registry, image(layer), twoImages)
    const elsewhere = { ...image('three'), repository: 'team/app2' }
    await expect(putImage(store, registry, elsewhere, twoImages)).resolves.toMatchObject({ isNew: true })
  })

  it('The quota of images per repository holds when images arrive concurrently', async () => {
    const { store } = await registryWith(repository)
    const five = { ...defaultQuotas, imagesPerRepository: 5 }
    const puts = Array.from({ length: 20 }, (_, count) => putImage(store, registry, image(`${count}`), five))
    const outcomes = await Promise.allSettled(puts)

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(5)
    expect((await store.images.list(registry, { limit: 100 })).items).toHaveLength(5)
  })

  it('An image that was acknowledged before is recorded again regardless of the image quota', async () => {
    const { store } = await registryWith(repository)
    for (const layer of ['one', 'two', 'three']) await putImage(store, registry, image(layer))
    expect((await store.images.list(registry, { limit: 100 })).items).toHaveLength(3)
  })
})

describe('quota of tags per image', () => {
  it('The quota of tags per image refuses one more tag, also on a pulled-through image', async () => {
    const { store } = await registryWith(repository)
    const quotas = { ...defaultQuotas, tagsPerImage: 2 }
    const tagged = (tag: string) => putImage(store, registry, image('one', { pulledThrough: true, tag }), quotas)
    for (const tag of ['a', 'b', 'a']) await tagged(tag)
    await expect(tagged('c')).rejects.toMatchObject({
      code: 'LimitExceededException',
      message:
        "Adding tag 'c' to an image in the repository with name 'team/app' in registry with id '123456789012' exceeds the maximum allowed number of tags per image which is '2'",
    })
    expect(await store.tags.get(registry, `${repository} c`)).toBeUndefined()
  })
})

describe('quota of repositories', () => {
  it('The quota of repositories refuses a new repository and reports an existing one as existing', async () => {
    const { store } = await registryWith(repository)
    const create = (name: string) => createRepository(store, registry, newRepository(name, now), { repositories: 2 })
    expect(await create('team/two')).toBe(true)
    await expect(create('team/three')).rejects.toMatchObject({ code: 'LimitExceededException' })
    expect(await create('team/two')).toBe(false)
  })
})
