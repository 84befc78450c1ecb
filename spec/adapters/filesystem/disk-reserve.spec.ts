import { statSync } from 'node:fs'
import { mkdir, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { diskReserve } from '../../../src/adapters/filesystem/disk-reserve.js'
import { describeWith, mountNeeds } from '../../support/describe-with.js'
import { recordedLog } from '../../support/recorded-log.js'
import { type SmallDisk, smallDisk } from '../../support/small-disk.js'

const MiB = 1024 * 1024

describeWith(mountNeeds, 'The disk reserve', () => {
  let disk: SmallDisk
  beforeEach(async () => {
    disk = await smallDisk(40 * MiB)
  })
  afterEach(() => disk[Symbol.asyncDispose]())

  const kept = () => statSync(join(disk.path, 'reserve'), { throwIfNoEntry: false })?.size
  const write = (bytes: number) => writeFile(join(disk.path, 'written'), Buffer.alloc(bytes))

  it('The disk reserve is a twentieth of a small disk and stays in place while there is free space', async () => {
    const reserve = diskReserve(disk.path, recordedLog())
    await reserve.settled()
    expect(kept()).toBe(2 * MiB)
    await reserve.during(async () => expect(kept()).toBe(2 * MiB))
  })

  it('The disk reserve lets work write to a full disk and is restored once the work has freed space', async () => {
    const log = recordedLog()
    const reserve = diskReserve(disk.path, log)
    await reserve.settled()
    await disk.fill(0)
    await expect(write(MiB)).rejects.toThrow(/ENOSPC/)
    await reserve.during(async () => {
      await write(MiB)
      await disk.free()
    })
    expect(kept()).toBe(2 * MiB)
    expect(log.lines).toHaveLength(1)
  })

  it('The disk reserve is not restored while the disk stays full, whether the work fails or not', async () => {
    const reserve = diskReserve(disk.path, recordedLog())
    await reserve.settled()
    await disk.fill(0)
    await expect(reserve.during(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    await reserve.during(() => Promise.resolve())
    expect(kept()).toBeUndefined()
  })

  it('The disk reserve takes no space on a disk that is almost full', async () => {
    await disk.fill(3 * MiB)
    await diskReserve(disk.path, recordedLog()).settled()
    const { bavail, bsize } = await statfs(disk.path)
    expect([kept(), bavail * bsize]).toEqual([undefined, 3 * MiB])
  })

  it('Work is possible once the disk can be read, though it could not be read at the start', async () => {
    const later = join(disk.path, 'later')
    const reserve = diskReserve(later, recordedLog())
    await expect(reserve.during(async () => 'done')).rejects.toThrow(/ENOENT/)
    await mkdir(later)
    expect(await reserve.during(async () => 'done')).toBe('done')
  })
})
