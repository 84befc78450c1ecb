import { describe, expect, it } from 'vitest'
import { filesystemBlobStore } from '../../src/adapters/filesystem/blob-store.js'
import { memoryBlobStore } from '../../src/adapters/memory/blob-store.js'
import { randomIds } from '../../src/adapters/system/random-ids.js'
import { deleteImage } from '../../src/registry/images/image-deletion.js'
import { deleteRepository } from '../../src/registry/repositories/repository-deletion.js'
import { storedPins } from '../../src/upkeep/stored-pins.js'
import { appendPart, beginUpload, findUpload } from '../../src/registry/layers/layer-upload.js'
import { installation } from '../../src/registry/registry.js'
import { byRequest } from '../support/stocked-store.js'
import { all, installationWith, registry } from '../support/garbage.js'
import { sha256 } from '../support/push.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const id = '00000000-0000-4000-8000-000000000001'
const session = { registry, repository: 'app', id }

async function stocked() {
  const here = installationWith()
  await here.createRepository('app')
  return here
}

describe('sweep', () => {
  it('The sweep keeps everything that an image needs, however old it is', async () => {
    const here = await stocked()
    const digest = await here.push('app', ['a layer'], 'v1')
    const before = await here.kept()
    await here.later()
    expect(await here.sweep()).toMatchObject({ layer: { count: 0 }, blob: { count: 0 }, lostImages: 0 })
    expect(await here.kept()).toEqual(before)
    expect(before).toContain(digest)
    expect(before).toHaveLength(3)
  })

  it('The sweep removes the record and the bytes of a layer without an image after the grace period', async () => {
    const here = await stocked()
    await here.upload('app', 'a layer')
    expect(await here.sweep()).toMatchObject({ layer: { count: 0 }, blob: { count: 0 } })
    expect(await here.isKept('a layer')).toBe(true)
    await here.later()
    expect(await here.sweep()).toMatchObject({ layer: { count: 1, bytes: 7 }, blob: { count: 1, bytes: 7 } })
    expect(await here.layer('app', 'a layer')).toBeUndefined()
    expect(await here.isKept('a layer')).toBe(false)
  })

  it('The sweep removes the upstream origins of a layer together with its bytes', async () => {
    const here = await stocked()
    const origins = () => here.store.origins.list(installation, { limit: 10 })
    for (const content of ['a layer', 'gone'])
      for (const upstreamRegistryUrl of ['quay.io', 'ghcr.io'])
        await here.store.origins.put(installation, `${sha256(content)} ${upstreamRegistryUrl}`, {
          ...{ digest: sha256(content), upstreamRegistryUrl },
        })
    await here.push('app', ['a layer'], 'v1')
    await here.upload('app', 'gone')
    await here.later()
    await here.sweep()
    expect((await origins()).items.map(({ digest }) => digest)).toEqual([sha256('a layer'), sha256('a layer')])
  })

  it('The sweep removes what only a deleted image needed and keeps what other images share', async () => {
    const here = await stocked()
    await here.createRepository('other')
    const gone = await here.push('app', ['shared', 'its own'], 'v1')
    await here.push('other', ['shared'])
    await here.later()
    await deleteImage(here, registry, 'app', { imageTag: 'v1' }, byRequest)
    expect(await here.sweep()).toMatchObject({ layer: { count: 0 }, blob: { count: 0 } })
    await here.later()
    await here.sweep()
    expect(await here.isKept('its own')).toBe(false)
    expect(await here.bytes.size(gone)).toBeUndefined()
    expect(await here.isKept('shared')).toBe(true)
    expect(await here.layer('app', 'shared')).toBeUndefined()
    expect(await here.layer('other', 'shared')).toBeDefined()
    expect(await all(here.bytes.notes.list('images'))).toHaveLength(1)
  })

  it('The sweep keeps the contents of a deleted repository for the grace period', async () => {
    const here = await stocked()
    await here.push('app', ['a layer'])
    await here.later()
    await deleteRepository(here, registry, 'app', { force: true })
    expect(await here.sweep()).toMatchObject({ blob: { count: 0 } })
    await here.later()
    expect(await here.sweep()).toMatchObject({ blob: { count: 3 } })
  })

  it('The sweep removes pins that protect nothing any more', async () => {
    const here = await stocked()
    await here.push('app', ['a layer'])
    expect((await here.store.pins.list(installation, { limit: 10 })).items).toHaveLength(3)
    await here.later()
    await here.sweep()
    expect((await here.store.pins.list(installation, { limit: 10 })).items).toEqual([])
  })

  it('The sweep removes the principals of expired tokens by the machine’s time, not by the emulator’s', async () => {
    const here = await stocked()
    const put = (idHash: string, keptUntil: number) =>
      here.store.principals.put(installation, idHash, { idHash, text: '{}', keptUntil })
    await put('a', Date.now() - 1)
    await put('b', Date.now() + 60_000)
    await here.later()
    await here.sweep()
    const { items } = await here.store.principals.list(installation, { limit: 10 })
    expect(items.map(({ idHash }) => idHash)).toEqual(['b'])
  })

  it('The sweep restores bytes that another process pinned while they were being removed', async () => {
    await using directory = await temporaryDirectory()
    for (const bytes of [memoryBlobStore(), filesystemBlobStore({ root: directory.path, ids: randomIds })]) {
      const here = installationWith({ bytes })
      await here.createRepository('app')
      await here.upload('app', 'a layer')
      await here.later()
      const impatient = storedPins({ ...here, removalTimeoutMs: 0 })
      // The sweep is interrupted here for longer than a pin waits.
      const remove: typeof bytes.remove = async (...removing) => {
        await impatient.pin(sha256('a layer'))
        await bytes.remove(...removing)
      }
      expect(await here.sweep({}, { blobs: { ...here.blobs, remove } })).toMatchObject({ blob: { count: 0 } })
      expect(await here.isKept('a layer')).toBe(true)
      await here.later()
      expect(await here.sweep()).toMatchObject({ blob: { count: 1 } })
      expect(await all(bytes.leftovers())).toEqual([])
    }
  })

  it('The sweep removes abandoned uploads and keeps those in use', async () => {
    const here = await stocked()
    await beginUpload(here, session, await here.clock.now())
    await appendPart(here, session, { bytes: [Buffer.from('part')] })
    await here.later()
    const held = await here.leases.tryAcquire(`upload ${id}`)
    await here.sweep()
    expect(await findUpload(here, session)).toMatchObject({ size: 4 })
    await held!.release()
    expect(await here.sweep()).toMatchObject({ upload: { count: 1, bytes: 4 } })
    await expect(findUpload(here, session)).rejects.toMatchObject({ code: 'UploadNotFoundException' })
    expect(await all(here.bytes.leftovers())).toEqual([])
  })

  it('The sweep removes the bytes of an upload whose record was deleted with its repository', async () => {
    const here = await stocked()
    const writer = await here.blobs.session(id)
    await writer.append(Buffer.from('part'))
    await writer.close()
    await here.sweep()
    expect(await all(here.bytes.leftovers())).toHaveLength(1)
    await here.later()
    await here.sweep()
    expect(await all(here.bytes.leftovers())).toEqual([])
  })

  it('Only one sweep runs at a time across all processes', async () => {
    const here = await stocked()
    const other = await here.leases.tryAcquire('sweep')
    expect(await here.sweep()).toBeUndefined()
    const waiting = here.sweep({ waits: true })
    await other!.release()
    expect(await waiting).toMatchObject({ blob: { count: 0 } })
  })

  it('The sweep stops early when it is asked to, and continues with the next run', async () => {
    const here = await stocked()
    await here.upload('app', 'a layer')
    await here.later()
    await expect(here.sweep({ isStopped: () => true })).rejects.toThrow('The process is shutting down')
    expect(await here.sweep()).toMatchObject({ layer: { count: 1 }, blob: { count: 1 } })
  })
})
