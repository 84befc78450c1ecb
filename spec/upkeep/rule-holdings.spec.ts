import { describe, expect, it } from 'vitest'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { mediaTypes } from '../../src/registry/images/manifest.js'
import { keyOf } from '../../src/registry/ports/store.js'
import { installation } from '../../src/registry/registry.js'
import { storeOf } from '../../src/store/store-of.js'
import { holdingsByRule, ruleKey, rulesOfRegistries } from '../../src/upkeep/rule-holdings.js'

const registry = { account: '111122223333', region: 'us-east-1' }
const elsewhere = { account: '444455556666', region: 'us-east-1' }

const newRepository = {
  createdAt: 0,
  imageTagMutability: 'MUTABLE' as const,
  scanOnPush: false,
  encryption: { encryptionType: 'AES256' as const },
  tags: [],
}
const newImage = { mediaType: mediaTypes.ociManifest, manifestSize: 1, imageSize: 1, tags: [], pushedAt: 0 }

/** Rules with nested prefixes and ROOT in one registry, one rule in another, and repositories with these layers. */
async function stocked() {
  const store = storeOf(memoryKeyValue())
  const rule = { upstreamRegistryUrl: 'quay.io', createdAt: 0, updatedAt: 0 }
  for (const ecrRepositoryPrefix of ['pub', 'pub/deep', 'ROOT'])
    await store.rules.put(registry, ecrRepositoryPrefix, { ...rule, ecrRepositoryPrefix })
  await store.rules.put(elsewhere, 'pub', { ...rule, ecrRepositoryPrefix: 'pub' })
  const add = async (
    repository: string,
    layers: Readonly<Record<string, number>>,
    pulledThrough = true,
    to = registry,
  ) => {
    await store.repositories.put(to, repository, { ...newRepository, name: repository })
    const digest = `sha256:${Object.keys(layers).join('')}`
    const how = pulledThrough && { pulledThrough: true as const }
    await store.images.put(to, keyOf(repository, digest), { ...newImage, repository, digest, ...how })
    for (const [name, size] of Object.entries(layers)) {
      const layer = { repository, digest: `sha256:${name}`, size, ...how }
      await store.layers.put(to, keyOf(repository, layer.digest), layer)
    }
  }
  await add('pub/app', { aa: 100, bb: 20 })
  await add('pub/other', { aa: 100, cc: 3 })
  await add('pub/pushed', { dd: 5000 }, false)
  await add('pub/deep/app', { aa: 100 })
  await add('team/app', { ee: 7 })
  await store.settings.put(installation, 'label', 'x')
  return store
}

describe('what cache rules hold', () => {
  it('Each rule holds the images it has pulled, and each of their layers once', async () => {
    const holdings = await holdingsByRule(await stocked())
    const of = (prefix: string, at = registry) => holdings.get(ruleKey(at, prefix))
    expect(of('pub')).toEqual({ repositories: 3, images: 2, layers: { count: 3, bytes: 123 } })
    expect(of('pub/deep')).toEqual({ repositories: 1, images: 1, layers: { count: 1, bytes: 100 } })
    expect(of('ROOT')).toEqual({ repositories: 1, images: 1, layers: { count: 1, bytes: 7 } })
    expect(of('pub', elsewhere)).toEqual({ repositories: 0, images: 0, layers: { count: 0, bytes: 0 } })
  })

  it('The rules of all registries are listed, and the installation has none', async () => {
    const rules = await rulesOfRegistries(await stocked())
    expect(rules.map(({ account, rule }) => `${account} ${rule.ecrRepositoryPrefix}`).sort()).toEqual([
      '111122223333 ROOT',
      '111122223333 pub',
      '111122223333 pub/deep',
      '444455556666 pub',
    ])
  })
})
