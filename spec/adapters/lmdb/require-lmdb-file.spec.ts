import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { lmdbKeyValue } from '../../../src/adapters/lmdb/key-value.js'
import { requireLmdbFile } from '../../../src/adapters/lmdb/require-lmdb-file.js'

let path: string
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'ecr-local-lmdb-file-'))
})
afterEach(() => rm(path, { recursive: true }))

it('takes a directory without a data file, and one that LMDB wrote', async () => {
  expect(() => requireLmdbFile(path)).not.toThrow()
  await lmdbKeyValue({ path }).close()
  expect(() => requireLmdbFile(path)).not.toThrow()
})

it.each([
  ['text', Buffer.from('this is no state of ours, but a text')],
  ['a few bytes', Buffer.from([1, 2, 3])],
  ['other bytes', Buffer.alloc(8192, 7)],
])('refuses a data file of %s by name, before LMDB opens it', async (_, bytes) => {
  await writeFile(join(path, 'data.mdb'), bytes)
  expect(() => lmdbKeyValue({ path })).toThrow(`${join(path, 'data.mdb')} is not the state this program wrote`)
})
