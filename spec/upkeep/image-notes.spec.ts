import { describe, expect, it } from 'vitest'
import { memoryBlobStore } from '../../src/adapters/memory/blob-store.js'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { deleteImage } from '../../src/registry/images/image-deletion.js'
import { deleteRepository } from '../../src/registry/repositories/repository-deletion.js'
import { checkInstallation } from '../../src/upkeep/fsck/check-installation.js'
import { syncImageNote, imageNoteName, parseImageNote } from '../../src/registry/images/image-notes.js'
import { StoreUnavailable } from '../../src/registry/ports/key-value.js'
import { changeStorageClass } from '../../src/registry/images/storage-class-change.js'
import { keyOf } from '../../src/registry/ports/store.js'
import { byRequest } from '../support/stocked-store.js'
import { all, installationWith, registry } from '../support/garbage.js'

async function stocked(bytes = memoryBlobStore(), keyValue = memoryKeyValue()) {
  const here = installationWith({ bytes, keyValue })
  await here.createRepository('app')
  await here.createRepository('app/sub')
  const noteOf = async (digest: string, repository = 'app') =>
    parseImageNote((await here.bytes.notes.get(imageNoteName({ registry, repository, digest }))) ?? '')
  const notes = () => all(here.bytes.notes.list('images'))
  return { ...here, noteOf, notes }
}

/** A blob store in which writing or removing image notes can fail. */
function flaky() {
  const bytes = memoryBlobStore()
  let failing: string | undefined
  let mayRemove = true
  const notes: typeof bytes.notes = {
    ...bytes.notes,
    put: async (name, text) => {
      if (failing !== undefined && name.includes(failing)) {
        failing = undefined
        throw new Error('SlowDown')
      }
      await bytes.notes.put(name, text)
    },
    remove: async (name) => {
      if (!mayRemove) throw new Error('SlowDown')
      await bytes.notes.remove(name)
    },
  }
  return {
    ...bytes,
    notes,
    failNext: (digest: string) => void (failing = digest),
    failRemovals: () => void (mayRemove = false),
  }
}

describe('image notes', () => {
  it('Image notes follow the tags of an image as they are added, moved and deleted', async () => {
    const here = await stocked()
    const old = await here.push('app', ['old'], 'latest')
    await here.put('app', ['old'], 'v1')
    expect(await here.noteOf(old)).toMatchObject({ tags: ['latest', 'v1'] })
    const young = await here.push('app', ['young'], 'latest')
    expect([await here.noteOf(old), await here.noteOf(young)]).toMatchObject([{ tags: ['v1'] }, { tags: ['latest'] }])
    await deleteImage(here, registry, 'app', { imageTag: 'v1' }, byRequest)
    expect(await here.noteOf(old)).toBeUndefined()
    expect(await here.noteOf(young)).toMatchObject({ tags: ['latest'] })
  })

  it('Image notes are removed with their repository and kept for repositories below it', async () => {
    const here = await stocked()
    await here.push('app', ['a layer'], 'v1')
    const below = await here.push('app/sub', ['a layer'], 'v1')
    await deleteRepository(here, registry, 'app', { force: true })
    expect(await here.notes()).toEqual([imageNoteName({ registry, repository: 'app/sub', digest: below })])
  })

  it('Image notes stay when a deletion is refused', async () => {
    const here = await stocked()
    const digest = await here.push('app', ['a layer'], 'v1')
    await expect(deleteRepository(here, registry, 'app', { force: false })).rejects.toThrow()
    await deleteImage(here, registry, 'app', { imageTag: 'other' }, byRequest)
    expect(await here.noteOf(digest)).toMatchObject({ tags: ['v1'] })
  })

  it('Image notes name all tags after concurrent writes', async () => {
    const here = await stocked()
    const digest = await here.push('app', ['a layer'])
    const tags = Array.from({ length: 30 }, (_, index) => `t${index}`)
    await Promise.all([
      ...tags.map((tag) => here.put('app', ['a layer'], tag)),
      ...tags.map(() => syncImageNote(here, { registry, repository: 'app', digest })),
    ])
    expect((await here.noteOf(digest))?.tags).toEqual([...tags].sort())
  })

  it('Image notes restore a tag to its last image after a note could not be written at first', async () => {
    const bytes = flaky()
    const here = await stocked(bytes)
    const one = await here.push('app', ['one'], 'v1')
    const two = await here.push('app', ['two'], 'latest')
    bytes.failNext(two)
    await expect(here.put('app', ['one'], 'latest')).rejects.toThrow('SlowDown')
    await here.put('app', ['one'], 'latest')
    const after = installationWith({ bytes })
    await checkInstallation(after, { repair: true })
    expect(await after.store.tags.get(registry, 'app latest')).toMatchObject({ digest: one })
  })

  it('Image notes lose a deleted tag, also when its deletion failed once and was repeated', async () => {
    const bytes = flaky()
    const here = await stocked(bytes)
    const digest = await here.push('app', ['one'], 'v1')
    await here.put('app', ['one'], 'bad')
    bytes.failNext(digest)
    await expect(deleteImage(here, registry, 'app', { imageTag: 'bad' }, byRequest)).rejects.toThrow('SlowDown')
    await deleteImage(here, registry, 'app', { imageTag: 'bad' }, byRequest)
    expect(await here.noteOf(digest)).toMatchObject({ tags: ['v1'] })
    expect(await here.store.tags.get(registry, 'app bad')).toBeUndefined()
  })

  it('Image notes are removed before their image, also when its last tags are deleted concurrently', async () => {
    const bytes = flaky()
    const here = await stocked(bytes)
    const digest = await here.push('app', ['one'], 'a')
    await here.put('app', ['one'], 'b')
    bytes.failRemovals()
    await Promise.allSettled(['a', 'b'].map((imageTag) => deleteImage(here, registry, 'app', { imageTag }, byRequest)))
    expect(await here.store.images.get(registry, keyOf('app', digest))).toBeDefined()
  })

  it('Image notes are not overwritten by a push after the store was lost', async () => {
    const before = await stocked()
    const digest = await before.push('app', ['one'], 'v1')
    await before.put('app', ['one'], 'latest')
    const after = await stocked(before.bytes)
    await after.push('app', ['one'], 'latest')
    expect(await after.noteOf(digest)).toMatchObject({ tags: ['latest', 'v1'] })
    expect(await after.store.tags.get(registry, 'app v1')).toMatchObject({ digest })
  })

  it('Image notes stay when their repository cannot be deleted or the image is pushed again meanwhile', async () => {
    const [bytes, keyValue] = [memoryBlobStore(), memoryKeyValue()]
    let isAway = false
    let afterwards = () => Promise.resolve()
    const here = await stocked(bytes, {
      ...keyValue,
      commit: async (at, expected, writes) => {
        if (isAway) throw new StoreUnavailable('away')
        const isDone = await keyValue.commit(at, expected, writes)
        const isGone = writes.some(({ collection, value }) => collection === 'repositories' && value === undefined)
        if (isGone) await afterwards()
        return isDone
      },
    })
    const digest = await here.push('app', ['one'], 'v1')
    isAway = true
    await expect(deleteRepository(here, registry, 'app', { force: true })).rejects.toThrow('away')
    isAway = false
    expect(await here.noteOf(digest)).toMatchObject({ tags: ['v1'] })
    afterwards = async () => {
      await here.createRepository('app')
      await here.push('app', ['one'], 'v2')
    }
    await deleteRepository(here, registry, 'app', { force: true })
    expect(await here.noteOf(digest)).toMatchObject({ tags: ['v2'] })
  })

  it('The sweep writes the image notes that a dead process did not write', async () => {
    const here = await stocked()
    const digest = await here.push('app', ['a layer'], 'v1')
    await here.bytes.notes.remove(imageNoteName({ registry, repository: 'app', digest }))
    await here.sweep()
    expect(await here.noteOf(digest)).toMatchObject({ tags: ['v1'] })
  })

  it('Image notes keep from the sweep what an image needs that the store has lost', async () => {
    const here = await stocked()
    const digest = await here.push('app', ['a layer'], 'v1')
    const older = installationWith({ keyValue: memoryKeyValue(), bytes: here.bytes })
    await older.later()
    expect(await older.sweep()).toMatchObject({ lostImages: 1, blob: { count: 0 } })
    expect(await here.bytes.size(digest)).toBeDefined()
    expect([await here.isKept('a layer'), await here.isKept('{}')]).toEqual([true, true])
  })

  it('A note records that its image is archived, and an image that fsck restores is archived again', async () => {
    const here = await stocked()
    const digest = await here.push('app', ['a layer'], 'v1')
    const now = await here.clock.now()
    const change = { repository: 'app', digest, target: { class: 'ARCHIVE' }, now, cause: 'lifecycle' } as const
    await changeStorageClass(here, registry, change)
    expect(await here.noteOf(digest)).toMatchObject({ archive: { archivedAt: now.getTime() } })

    const after = await stocked(here.bytes)
    await checkInstallation(after, { repair: true })

    const image = await after.store.images.get(registry, keyOf('app', digest))
    expect(image).toMatchObject({ tags: ['v1'], archive: { archivedAt: now.getTime() } })
  })

  it('An archived image that the store has lost is active once it is pushed again', async () => {
    const here = await stocked()
    const digest = await here.push('app', ['a layer'], 'v1')
    const now = await here.clock.now()
    const change = { repository: 'app', digest, target: { class: 'ARCHIVE' }, now, cause: 'request' } as const
    await changeStorageClass(here, registry, change)

    const pushed = await stocked(here.bytes)
    await pushed.push('app', ['a layer'], 'v1')

    expect(await pushed.store.images.get(registry, keyOf('app', digest))).not.toHaveProperty('archive')
    expect(await pushed.noteOf(digest)).not.toHaveProperty('archive')
  })
})
