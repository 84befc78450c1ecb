import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { stateOnDisk } from '../support/state-on-disk.js'

describe('ecr-local fsck', () => {
  it('ecr-local fsck finds nothing wrong in sound data', async () => {
    await using state = await stateOnDisk()
    await state.running(async (at) => {
      await at.createRepository('app')
      await at.pushImage('app', 'v1')
    })
    const { code, stdout } = await state.run('fsck')
    expect(stdout).toMatch(/^4 blobs \(\d.* KiB\) and 1 image checked: nothing is wrong\.\n$/)
    expect(code).toBe(0)
  })

  it('ecr-local fsck finds changed bytes, and with --repair it quarantines them', async () => {
    await using state = await stateOnDisk()
    const image = await state.running(async (at) => {
      await at.createRepository('app')
      return at.pushImage('app', 'v1')
    })
    const hex = image.layers[0]!.slice('sha256:'.length)
    await writeFile(join(state.dataDir, 'blobs', 'sha256', hex.slice(0, 2), hex), 'rot')

    const told = await state.run('fsck')
    expect(told).toMatchObject({
      code: 1,
      stdout: expect.stringContaining(`blob sha256:${hex}: its bytes hash to sha256:`),
    })
    expect(told.stdout).toContain('2 things wrong; --repair repairs what can be repaired.')
    const inJson = await state.run('fsck', '--json')
    expect(inJson.code).toBe(1)
    expect(JSON.parse(inJson.stdout)).toEqual({
      ok: false,
      blobs: 4,
      bytes: expect.any(Number),
      images: 1,
      faults: 2,
      repaired: 0,
      findings: told.stdout.split('\n').slice(0, 2),
    })
    const mended = await state.run('fsck', '--repair')
    expect(mended).toMatchObject({ code: 1, stdout: expect.stringContaining('quarantined\n') })
    expect(await readdir(join(state.dataDir, 'quarantine'))).toEqual([`sha256-${hex}`])
    await state.running(async (at) => {
      expect((await at.get(`app/blobs/sha256:${hex}`)).status).toBe(404)
      await at.pushImage('app', 'v1')
    })
    expect(await state.run('fsck')).toMatchObject({ code: 0 })
  })

  it('ecr-local fsck --repair restores the images after the state was lost', async () => {
    await using state = await stateOnDisk()
    await state.running(async (at) => {
      await at.createRepository('team/app')
      for (const tag of ['v1', 'v2']) await at.pushImage('team/app', tag)
    })
    await rm(join(state.dataDir, 'state'), { recursive: true })

    await state.running(async (at) => expect((await at.get('team/app/manifests/v1')).status).toBe(404))
    expect(await state.run('gc')).toMatchObject({ code: 2, stderr: expect.stringContaining('it was lost or emptied') })
    expect(await state.run('fsck')).toMatchObject({ code: 1, stdout: expect.stringContaining('3 things wrong;') })
    const repaired = await state.run('fsck', '--repair')
    expect(repaired.stdout).toContain('The store and the blobs did not belong together: joined\n')
    expect(repaired.stdout).toContain('3 things wrong, all repaired.')
    expect(repaired.code).toBe(0)
    expect(await state.run('gc')).toMatchObject({ code: 0 })
    await state.running(async (at) => {
      for (const tag of ['v1', 'v2']) expect((await at.get(`team/app/manifests/${tag}`)).status).toBe(200)
      await at.pushImage('team/app', 'v3')
    })
  })
})
