import { describe, expect, it } from 'vitest'
import { memoryBlobStore } from '../../src/adapters/memory/blob-store.js'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { randomIds } from '../../src/adapters/system/random-ids.js'
import { checkInstallation } from '../../src/upkeep/fsck/check-installation.js'
import { labelInstallation } from '../../src/upkeep/installation-label.js'
import { imageNoteName } from '../../src/registry/images/image-notes.js'
import { storeManifest } from '../../src/registry/images/store-manifest.js'
import { parseManifest } from '../../src/registry/images/manifest.js'
import { keyOf } from '../../src/registry/ports/store.js'
import { recordImage } from '../../src/registry/images/image-push.js'
import type { NewImage } from '../../src/registry/images/image-registration.js'
import { installationWith, registry } from '../support/garbage.js'
import { imageManifest, sha256 } from '../support/push.js'

/** A blob store in which single blobs can be corrupted. */
function perishable() {
  const blobs = memoryBlobStore()
  const rotten = new Set<string>()
  const bytes: typeof blobs = {
    ...blobs,
    send: (digest, range, take) =>
      rotten.has(digest) ? take(Buffer.from('rot')).then(() => true) : blobs.send(digest, range, take),
    quarantine: async (digest) => {
      rotten.delete(digest)
      await blobs.quarantine(digest)
    },
  }
  return { bytes, rotten }
}

async function stocked() {
  const { bytes, rotten } = perishable()
  const here = installationWith({ bytes })
  await labelInstallation(here.store, here.blobs, randomIds)
  await here.createRepository('app')
  return { ...here, rotten }
}

const list = (members: string[]) =>
  JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: members.map((digest) => ({
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest,
      size: 1,
    })),
  })

async function put(here: Awaited<ReturnType<typeof stocked>>, text: string, more: Partial<NewImage> = {}) {
  const bytes = Buffer.from(text)
  const digest = sha256(text)
  await storeManifest(here.blobs, digest, bytes)
  const image = { repository: 'app', digest, manifest: parseManifest(bytes), manifestSize: bytes.length, now: 1000 }
  await recordImage(here, registry, { ...image, ...more }, bytes)
  return digest
}

const place = '123456789012/us-east-1/app'

describe('fsck', () => {
  it('fsck finds nothing wrong with an intact installation', async () => {
    const here = await stocked()
    const digest = await here.push('app', ['a layer'], 'v1')
    await put(here, list([digest]), { tag: 'all' })
    const { findings, ...sizes } = await checkInstallation(here, { repair: true })
    expect(findings.lines()).toEqual([])
    expect(sizes).toMatchObject({ blobs: 4, images: 2 })
  })

  it('fsck reports what is wrong and changes nothing unless it may repair', async () => {
    const here = await stocked()
    const digest = await here.push('app', ['a layer'], 'v1')
    here.rotten.add(sha256('a layer'))
    await here.store.tags.put(registry, 'app lost', { repository: 'app', tag: 'lost', digest: sha256('nothing') })
    await here.bytes.remove(digest)
    const told = [
      `blob ${sha256('a layer')}: its bytes hash to ${sha256('rot')}`,
      `image ${place}@${digest}: its manifest is missing`,
      `layer ${place}@${sha256('a layer')}: its bytes are missing, push it again`,
      `tag ${place}:lost: there is no image ${sha256('nothing')}`,
    ]
    const first = await checkInstallation(here, { repair: false })
    expect(first.findings.lines()).toEqual(told)
    expect((await checkInstallation(here, { repair: false })).findings.lines()).toEqual(told)
    const mending = await checkInstallation(here, { repair: true })
    expect(mending.findings.lines()).toEqual([`${told[0]}: quarantined`, told[1], told[2], `${told[3]}: removed`])
    expect(mending.findings).toMatchObject({ count: 4, repairedCount: 2 })
    expect((await checkInstallation(here, { repair: true })).findings.lines()).toEqual([told[1], told[2]])
  })

  it('fsck removes a pulled-through image whose manifest is missing, so that the next pull fetches it', async () => {
    const here = await stocked()
    const text = imageManifest({ digest: sha256('{}'), size: 2 }, [{ digest: sha256('a layer'), size: 7 }])
    const digest = await put(here, text, { tag: 'latest', pulledThrough: true })
    await here.bytes.remove(digest)
    const { findings } = await checkInstallation(here, { repair: true })
    expect(findings.lines()).toEqual([
      `image ${place}@${digest}: its manifest is missing: removed, the next pull imports it again`,
    ])
    expect(await here.store.tags.get(registry, 'app latest')).toBeUndefined()
    expect(await here.store.images.get(registry, keyOf('app', digest))).toBeUndefined()
  })

  it('fsck restores pushed and pulled-through images, indexes, tags and layers after the store was lost', async () => {
    const before = await stocked()
    const old = await before.push('app', ['old'], 'latest')
    const young = await before.push('app', ['young'], 'latest')
    const all = await put(before, list([old, young]), { tag: 'all', now: 3000 })
    const text = imageManifest({ digest: sha256('{}'), size: 2 }, [{ digest: sha256('to come'), size: 7 }])
    const cached = await put(before, text, { tag: 'stable', pulledThrough: true, now: 4000 })
    const after = installationWith({ keyValue: memoryKeyValue(), bytes: before.bytes })
    expect((await checkInstallation(after, { repair: false })).findings).toMatchObject({ count: 5, repairedCount: 0 })

    const { findings } = await checkInstallation(after, { repair: true })
    expect(findings).toMatchObject({ count: 5, repairedCount: 5 })
    expect(findings.lines().at(-1)).toMatch(/^image .*recorded again$/)
    for (const digest of [old, young, all, cached]) {
      const [was, is] = await Promise.all(
        [before, after].map(async ({ store }) => store.images.get(registry, keyOf('app', digest))),
      )
      expect(is).toEqual(was)
    }
    expect(await after.store.tags.get(registry, 'app latest')).toEqual(
      await before.store.tags.get(registry, 'app latest'),
    )
    expect(await after.store.tags.get(registry, 'app stable')).toMatchObject({ upstream: { checkedAt: 4000 } })
    expect(await after.layer('app', 'young')).toEqual(await before.layer('app', 'young'))
    expect(await after.layer('app', 'to come')).toMatchObject({ pulledThrough: true })
    expect((await checkInstallation(after, { repair: false })).findings.lines()).toEqual([])
    await after.later()
    expect(await after.sweep()).toMatchObject({ blob: { count: 0 }, layer: { count: 0 } })
  })

  it('fsck restores an index that was pulled through before its images and then tagged by a push', async () => {
    const before = await stocked()
    const member = imageManifest({ digest: sha256('{}'), size: 2 }, [{ digest: sha256('to come'), size: 7 }])
    const index = await put(before, list([sha256(member)]), { tag: 'latest', pulledThrough: true, now: 1000 })
    await put(before, member, { pulledThrough: true, now: 2000 })
    await put(before, list([sha256(member)]), { tag: 'prod', now: 3000 })
    const after = installationWith({ keyValue: memoryKeyValue(), bytes: before.bytes })
    expect((await checkInstallation(after, { repair: true })).findings).toMatchObject({ count: 3, repairedCount: 3 })
    expect(await after.store.images.get(registry, keyOf('app', index))).toMatchObject({ tags: ['latest', 'prod'] })
    const [latest, prod] = await Promise.all(
      ['latest', 'prod'].map(async (tag) => after.store.tags.get(registry, keyOf('app', tag))),
    )
    expect([latest?.upstream !== undefined, prod?.upstream !== undefined]).toEqual([true, false])
  })

  it('fsck gives a tag to the image that had it last, even if an older store names another image', async () => {
    const [lost, older] = [memoryKeyValue(), memoryKeyValue()]
    let isBackedUp = true
    const both: typeof lost = {
      ...lost,
      commit: async (...write) => {
        if (isBackedUp) await older.commit(...write)
        return lost.commit(...write)
      },
    }
    const before = installationWith({ keyValue: both })
    await labelInstallation(before.store, before.blobs, randomIds)
    await before.createRepository('app')
    await before.push('app', ['one'], 'latest')
    isBackedUp = false
    const two = await before.push('app', ['two'], 'latest')
    const after = installationWith({ keyValue: older, bytes: before.bytes })
    expect((await checkInstallation(after, { repair: true })).findings).toMatchObject({ count: 1, repairedCount: 1 })
    expect(await after.store.tags.get(registry, 'app latest')).toMatchObject({ digest: two })
  })

  it('fsck records missing layers whose bytes are stored and reports those it cannot restore', async () => {
    const here = await stocked()
    const digest = await here.push('app', ['here', 'gone'], 'v1')
    const all = await put(here, list([digest]), { tag: 'all' })
    for (const content of ['here', 'gone']) await here.store.layers.remove(registry, keyOf('app', sha256(content)))
    await here.bytes.remove(sha256('gone'))
    const lines = (await checkInstallation(here, { repair: true })).findings.lines()
    expect(lines.sort()).toEqual(
      [
        `layer ${place}@${sha256('here')}: image ${digest} needs it and it is not recorded: recorded again`,
        `layer ${place}@${sha256('gone')}: image ${digest} needs it and it is not recorded, push it again`,
      ].sort(),
    )
    expect(await here.layer('app', 'here')).toMatchObject({ isInImage: true })
    await here.store.images.remove(registry, keyOf('app', digest))
    await here.bytes.notes.remove(imageNoteName({ registry, repository: 'app', digest }))
    expect((await checkInstallation(here, { repair: false })).findings.lines()).toContain(
      `image ${place}@${all}: it lists ${digest}, which is not recorded, push it again`,
    )
  })

  it('fsck reports images that it cannot restore and sets their notes aside', async () => {
    const before = await stocked()
    const digest = await before.push('app', ['a layer'], 'v1')
    await before.bytes.remove(sha256('a layer'))
    const after = installationWith({ keyValue: memoryKeyValue(), bytes: before.bytes })
    const { findings } = await checkInstallation(after, { repair: true })
    expect(findings).toMatchObject({ count: 2, repairedCount: 1 })
    expect(findings.lines()).toContain(
      `image ${place}@${digest}: named beside the blobs and not in the store, and cannot be recorded again: push it again`,
    )
    const name = imageNoteName({ registry, repository: 'app', digest })
    expect([await after.bytes.notes.get(name), await after.bytes.notes.get(`unrestored/${name}`)]).toEqual([
      undefined,
      expect.any(String),
    ])
    expect(await after.sweep()).not.toHaveProperty('refusal')
  })
})
