import { createHash } from 'node:crypto'
import { chmodSync, lstatSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { filesystemBlobStore } from '../../../src/adapters/filesystem/blob-store.js'
import { openDataDirectory } from '../../../src/adapters/filesystem/data-directory.js'
import { diskReserve } from '../../../src/adapters/filesystem/disk-reserve.js'
import { lmdbKeyValue } from '../../../src/adapters/lmdb/key-value.js'
import { randomIds } from '../../../src/adapters/system/random-ids.js'
import { installationSecret } from '../../../src/adapters/system/installation-secret.js'
import { recordedLog } from '../../support/recorded-log.js'
import { type TemporaryDirectory, temporaryDirectory } from '../../support/temporary-directory.js'

let directory: TemporaryDirectory
let dataDir: string
let umask: number
beforeEach(async () => {
  umask = process.umask(0)
  directory = await temporaryDirectory()
  dataDir = join(directory.path, 'data')
})
afterEach(async () => {
  process.umask(umask)
  await directory[Symbol.asyncDispose]()
})

/** The permissions and path of everything in the data directory. */
const modes = (path = dataDir): string[] => [
  `${(lstatSync(path).mode & 0o777).toString(8)} ${path.slice(dataDir.length)}`,
  ...(statSync(path).isDirectory() ? readdirSync(path).flatMap((name) => modes(join(path, name))) : []),
]
const open = (log = recordedLog()) => {
  openDataDirectory(dataDir, log)
  return log
}

describe('Permissions in the data directory', () => {
  it('Only the owner can read images and state, whatever the umask', async () => {
    const log = open()
    const store = lmdbKeyValue({ path: join(dataDir, 'state') })
    const blobs = filesystemBlobStore({ root: dataDir, ids: randomIds })
    const bytes = Buffer.from('an image of somebody')
    for (const writer of [await blobs.create(), await blobs.session('d3b07384-d113-4ec1-a9e5-1f0a7c2b9e64')]) {
      await writer.append(bytes)
      await writer.commit(`sha256:${createHash('sha256').update(bytes).digest('hex')}`)
    }
    await (await blobs.session('d3b07384-d113-4ec1-a9e5-1f0a7c2b9e65')).append(bytes)
    await blobs.create()
    await blobs.notes.put('images/1/a/b', 'text')
    await blobs.clear()
    await blobs.notes.put('images/1/a/b', 'text')
    installationSecret(dataDir)
    await diskReserve(dataDir, log).settled()
    await store.close()

    const found = modes()
    expect(found.filter((line) => !/^[76]00 /.test(line))).toEqual([])
    for (const name of [
      '/state/data.mdb',
      '/state/lock.mdb',
      '/notes/images/1/a/b',
      '/secret',
      '/layout.unconfirmed.json',
      '/reserve',
    ])
      expect(found).toContain(`600 ${name}`)
    expect(log.lines).toEqual([])
  })

  it('Images and state that an earlier version left open to other users are closed at start, which is logged', () => {
    open()
    for (const name of ['state', 'blobs']) mkdirSync(join(dataDir, name), { mode: 0o755 })
    writeFileSync(join(dataDir, 'secret'), 'x', { mode: 0o644 })
    const { lines } = open()
    expect(modes().filter((line) => !/^[76]00 /.test(line))).toEqual([])
    expect(lines).toEqual([
      [
        'info',
        { dataDir, closed: ['blobs', 'secret', 'state'] },
        'images and state were accessible to other users: now they are private',
      ],
    ])
    expect(open().lines).toEqual([])
  })

  it('The permissions of the data directory itself, of foreign files and of link targets are not changed', () => {
    mkdirSync(join(dataDir, 'pictures'), { recursive: true, mode: 0o755 })
    chmodSync(dataDir, 0o755)
    symlinkSync('pictures', join(dataDir, 'blobs'))
    const { lines } = open()
    expect(modes()).toEqual(expect.arrayContaining(['755 ', '755 /pictures']))
    expect(lines).toEqual([])
  })
})
