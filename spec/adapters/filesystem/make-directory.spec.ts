import { existsSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeDirectory } from '../../../src/adapters/filesystem/make-directory.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

describe('makeDirectory', () => {
  it('makeDirectory creates a directory with its missing parents and keeps an existing one', async () => {
    await using at = await temporaryDirectory()
    const path = join(at.path, 'a', 'b', 'c')
    makeDirectory(path)
    makeDirectory(path)
    expect(statSync(path).isDirectory()).toBe(true)
  })

  it.skipIf(!existsSync('/proc/self'))(
    'makeDirectory fails at once where the system allows no directory, as in /proc (skipped if there is none)',
    () => {
      expect(() => makeDirectory('/proc/ecr-local/state')).toThrow(
        "ENOENT: no such file or directory, mkdir '/proc/ecr-local'",
      )
    },
  )

  it('makeDirectory names the file that stands in the way', async () => {
    await using at = await temporaryDirectory()
    writeFileSync(join(at.path, 'file'), '')
    expect(() => makeDirectory(join(at.path, 'file'))).toThrow(/^EEXIST: .*file'$/)
    expect(() => makeDirectory(join(at.path, 'file', 'below'))).toThrow(/^ENOTDIR: .*below'$/)
  })

  it('makeDirectory names the dangling link that stands in the way', async () => {
    await using at = await temporaryDirectory()
    symlinkSync(join(at.path, 'nowhere'), join(at.path, 'link'))
    expect(() => makeDirectory(join(at.path, 'link', 'below'))).toThrow(/^EEXIST: .*link'$/)
  })
})
