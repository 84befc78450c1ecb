import { truncateSync } from 'node:fs'
import { mkdtemp, open as openFile, rm, stat, writeFile } from 'node:fs/promises'
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

it('A directory without a data file and one that LMDB wrote are accepted', async () => {
  expect(() => requireLmdbFile(path)).not.toThrow()
  await lmdbKeyValue({ path }).close()
  expect(() => requireLmdbFile(path)).not.toThrow()
})

it.each([
  ['text', Buffer.from('this is no state of ours, but a text')],
  ['a few bytes', Buffer.from([1, 2, 3])],
  ['other bytes', Buffer.alloc(8192, 7)],
])('A data file of %s is refused by name before LMDB opens it', async (_, bytes) => {
  await writeFile(join(path, 'data.mdb'), bytes)
  expect(() => lmdbKeyValue({ path })).toThrow(
    `${join(path, 'data.mdb')} is not a state file of ecr-local, or is damaged`,
  )
})

/** A file of some hundred pages: small values, values longer than a page, and freed pages. */
async function filled() {
  const store = lmdbKeyValue({ path })
  for (let round = 0; round < 4; round++) {
    const writes = Array.from({ length: 300 }, (_, index) => ({
      collection: 'records',
      key: `${index}`,
      value: index % (round + 2) === 1 ? undefined : 'x'.repeat(index % 20 === 0 ? 9000 : 200),
    }))
    await store.commit({ account: '1', region: 'r' }, [], writes)
  }
  await store.close()
  return { file: join(path, 'data.mdb'), pages: (await stat(join(path, 'data.mdb'))).size / PAGE }
}
const PAGE = 4096

it('A data file that is cut short at any page is refused by name before LMDB opens it', async () => {
  const { file, pages } = await filled()
  for (let left = pages - 1; left > 0; left--) {
    truncateSync(file, left * PAGE)
    expect(() => requireLmdbFile(path)).toThrow(`${file} is `)
  }
  expect(() => lmdbKeyValue({ path })).toThrow(file)
})

it('The refusal of a truncated data file names the missing page and the remedies', async () => {
  const { file, pages } = await filled()
  truncateSync(file, (pages / 2) * PAGE)
  expect(() => requireLmdbFile(path)).toThrow(
    /data\.mdb is damaged \(it was cut short: page \d+ is missing, its \d+ bytes are \d+ pages\): restore it, .* fsck --repair\.$/,
  )
})

it('A sound data file that ends before the last page ever allocated is accepted', async () => {
  const store = lmdbKeyValue({ path })
  const registry = { account: '1', region: 'r' }
  for (let round = 0; round < 100; round++) {
    // LMDB does not write pages that one transaction both fills and frees.
    const keys = Array.from({ length: 200 }, (_, index) => `${(index * 7919) % 200} ${round}`)
    const puts = keys.map((key, index) => ({
      collection: 'records',
      key,
      value: 'x'.repeat(index % 10 === 0 ? 20_000 : 600),
    }))
    const removals = keys.slice(6).map((key) => ({ collection: 'records', key, value: undefined }))
    await store.commit(registry, [], [...puts, ...removals])
    if (await isShort()) break
  }
  expect(await isShort()).toBe(true)
  expect(() => requireLmdbFile(path)).not.toThrow()
  await store.close()
  const again = lmdbKeyValue({ path })
  expect(await again.list(registry, 'records', { limit: 3 })).toHaveLength(3)
  await again.close()
})

/** Whether the last page, according to the newer of the two meta pages, would lie past the end of the file. */
async function isShort() {
  await using handle = await openFile(join(path, 'data.mdb'))
  const { buffer } = await handle.read(Buffer.alloc(2 * PAGE), 0, 2 * PAGE, 0)
  const lastPages = [0, PAGE].map(
    (meta) => [buffer.readBigUInt64LE(meta + 152), Number(buffer.readBigUInt64LE(meta + 144))] as const,
  )
  const [, lastPage] = lastPages.reduce((a, b) => (b[0] > a[0] ? b : a))
  return (lastPage + 1) * PAGE > (await handle.stat()).size
}

it('A data file with foreign bytes in place of a used page is refused', async () => {
  const { file } = await filled()
  await using handle = await openFile(file, 'r+')
  const { size } = await handle.stat()
  await handle.write(Buffer.alloc(size - 2 * PAGE, 7), 0, size - 2 * PAGE, 2 * PAGE)
  expect(() => lmdbKeyValue({ path })).toThrow(/data\.mdb is damaged \(page \d+ has other content than LMDB wrote\)/)
})
