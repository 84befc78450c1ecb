import { chmodSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  confirmDataDirectory,
  isDataDirectory,
  openDataDirectory,
} from '../../../src/adapters/filesystem/data-directory.js'
import { recordedLog } from '../../support/recorded-log.js'

describe('The data directory', () => {
  const log = recordedLog()
  let parent: string
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'ecr-local-data-'))
  })
  afterEach(() => rm(parent, { recursive: true }))

  const refusal = (path: string) => {
    try {
      openDataDirectory(path, log)
    } catch (error) {
      return (error as Error).message
    }
    return undefined
  }

  it('A data directory is created with its layout, counts as one once it is confirmed, and can be opened again', async () => {
    const path = join(parent, 'a', 'b')
    openDataDirectory(path, log)
    openDataDirectory(path, log)
    expect(isDataDirectory(path)).toBe(false)
    confirmDataDirectory(path)
    expect(isDataDirectory(path)).toBe(true)
    openDataDirectory(path, log)
    confirmDataDirectory(path)
    expect(JSON.parse(await readFile(join(path, 'layout.json'), 'utf8'))).toEqual({ layout: 1 })
  })
  it('A path that cannot become a data directory is refused with a message that names it', async () => {
    const file = join(parent, 'file')
    await writeFile(file, '')
    for (const path of [file, join(file, 'below')])
      expect(refusal(path)).toBe(`The data directory ${path} is a file, or below one: choose a directory.`)
  })
  it.skipIf(process.getuid?.() === 0)(
    'A data directory that this user may not write to is refused (skipped for root)',
    () => {
      chmodSync(parent, 0o500)
      expect(refusal(parent)).toContain('is not writable (EACCES: ')
      chmodSync(parent, 0o700)
    },
  )
  it('A data directory with an unknown layout is refused', async () => {
    await writeFile(join(parent, 'layout.json'), '{"layout":2}')
    expect(refusal(parent)).toBe(
      `The data directory ${parent} has layout 2, and this version understands layout 1: start the version that wrote it, or choose an empty directory.`,
    )
  })
  it.each(['', 'null', '{"layout":'])('A data directory with a damaged layout.json is refused (%j)', async (text) => {
    await writeFile(join(parent, 'layout.json'), text)
    expect(refusal(parent)).toBe(
      `${join(parent, 'layout.json')} is not JSON: restore it, or choose an empty directory.`,
    )
  })
})
