import { describe, expect, it } from 'vitest'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { randomIds } from '../../src/adapters/system/random-ids.js'
import { checkInstallation } from '../../src/upkeep/fsck/check-installation.js'
import { pairStoreWithBlobs, labelInstallation } from '../../src/upkeep/installation-label.js'
import { all, installationWith } from '../support/garbage.js'

const label = ({ store, blobs }: ReturnType<typeof installationWith>) => labelInstallation(store, blobs, randomIds)

describe('installation label', () => {
  it('The installation label is the same for all processes that start at once and for later ones', async () => {
    const here = installationWith()
    expect(await Promise.all([label(here), label(here), label(here)])).toEqual([undefined, undefined, undefined])
    expect(await label(here)).toBeUndefined()
  })

  it('The installation label reveals a lost store, and nothing is swept until store and blobs are joined', async () => {
    const before = installationWith()
    await label(before)
    await before.createRepository('app')
    await before.push('app', ['a layer'], 'v1')
    const after = installationWith({ keyValue: memoryKeyValue(), bytes: before.bytes })
    expect(await label(after)).toContain('it was lost or emptied')
    await after.later()
    expect(await after.sweep()).toMatchObject({ refusal: expect.stringContaining('it was lost'), blob: { count: 0 } })
    expect(await after.kept()).toHaveLength(3)
    await pairStoreWithBlobs(after)
    expect(await label(after)).toBeUndefined()
  })

  it('The installation label reveals that store and blobs belong to two installations', async () => {
    const [one, other] = [installationWith(), installationWith()]
    await label(one)
    await label(other)
    const mixed = installationWith({ bytes: other.bytes })
    await mixed.store.settings.put({ account: '-', region: '-' }, 'label', 'of another')
    expect(await label(mixed)).toContain('belong to two installations')
    await pairStoreWithBlobs(mixed)
    expect(await mixed.sweep()).toMatchObject({ refusal: expect.stringContaining('two installations') })
    await mixed.createRepository('app')
    const { findings } = await checkInstallation(mixed, { repair: true })
    expect(findings).toMatchObject({ count: 1, repairedCount: 0 })
  })

  it('Blobs without a label are attributed to a store that had repositories, not to a new store', async () => {
    const before = installationWith()
    await before.createRepository('app')
    await before.push('app', ['a layer'], 'v1')
    // An earlier version wrote no image notes.
    for (const name of await all(before.bytes.notes.list('images'))) await before.bytes.notes.remove(name)
    const other = installationWith({ keyValue: memoryKeyValue(), bytes: before.bytes })
    expect(await label(other)).toContain('--store names another one')
    await other.createRepository('app')
    await other.later()
    expect(await label(other)).toContain('--store names another one')
    expect((await checkInstallation(other, { repair: true })).findings.repairedCount).toBe(0)
    expect(await other.sweep()).toHaveProperty('refusal')
    await before.bytes.notes.remove('installation')
    expect(await label(before)).toBeUndefined()
  })
})
