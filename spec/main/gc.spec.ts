import { chmod, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryName } from '../../src/adapters/filesystem/temporary-files.js'
import { stateOnDisk } from '../support/state-on-disk.js'

describe('ecr-local gc', () => {
  it('ecr-local gc reports what it removed and leaves images alone', async () => {
    await using state = await stateOnDisk()
    const image = await state.running(async (at) => {
      await at.createRepository('app')
      await at.pushBlob('app', Buffer.from('no image came for this'))
      const pushed = await at.pushImage('app', 'v1')
      await at.advanceClock(2 * 60 * 60)
      return pushed
    })
    await writeFile(join(state.dataDir, 'tmp', temporaryName('d3b07384-d113-4ec1-a9e5-1f0a7c2b9e64', 999_999_999)), 'x')

    expect(await state.run('gc')).toEqual({
      code: 0,
      stderr: '',
      stdout: [
        'Removed 1 layer that no image of the repository names.',
        'Removed 1 blob that nothing refers to: 22 bytes.',
        'Removed 1 temporary file of processes that have ended.',
        '',
      ].join('\n'),
    })
    expect(await state.run('gc')).toMatchObject({ code: 0, stdout: 'There is nothing to remove.\n' })
    await chmod(join(state.dataDir, 'state'), 0o755)
    const { stdout, stderr } = await state.run('gc', '--json', '--log', 'info')
    expect(stderr).toContain('now they are private')
    expect(JSON.parse(stdout)).toEqual({
      removed: {
        layers: { count: 0 },
        blobs: { count: 0, bytes: 0 },
        uploads: { count: 0, bytes: 0 },
        temporaryFiles: { count: 0 },
      },
      lostImages: 0,
    })
    expect(await readdir(join(state.dataDir, 'tmp'))).toEqual([])
    await state.running(async (at) => {
      expect((await at.get('app/manifests/v1')).status).toBe(200)
      for (const digest of [image.config, ...image.layers])
        expect((await at.get(`app/blobs/${digest}`)).status).toBe(200)
    })
  })

  it('ecr-local gc refuses a store in memory, where nothing is kept', async () => {
    await using state = await stateOnDisk()
    expect(await state.run('gc', '--store', 'memory')).toMatchObject({
      code: 2,
      stderr: 'ecr-local: ecr-local gc works on stored state: --store memory stores nothing\n',
    })
  })
})
