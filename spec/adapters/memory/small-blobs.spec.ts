import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { memoryBlobStore } from '../../../src/adapters/memory/blob-store.js'
import { withSmallBlobsInMemory } from '../../../src/adapters/memory/small-blobs.js'

const MiB = 1024 * 1024

function counted(maxBytes?: number) {
  const below = memoryBlobStore()
  const asked: string[] = []
  const read = (digest: string) => (asked.push(digest), below.read(digest))
  const blobs = withSmallBlobsInMemory({ ...below, read }, maxBytes)
  const keep = async (content: Buffer) => {
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`
    const writer = await blobs.create()
    await writer.append(content)
    await writer.commit(digest)
    return digest
  }
  return { below, blobs, asked, keep }
}

describe('The cache of small blobs', () => {
  it('A small blob is read from the store once, even an empty one', async () => {
    const { blobs, asked, keep } = counted()
    for (const content of [Buffer.from('a manifest'), Buffer.alloc(0)]) {
      const digest = await keep(content)
      for (let i = 0; i < 3; i++) expect(await blobs.read(digest)).toEqual(content)
    }
    expect(asked).toHaveLength(2)
  })

  it('The cache of small blobs holds nothing larger than a manifest and no more than its limit', async () => {
    const { blobs, asked, keep } = counted(3 * MiB)
    const [large, one, other] = [
      await keep(Buffer.alloc(4 * MiB + 1, 'l')),
      await keep(Buffer.alloc(2 * MiB, 'a')),
      await keep(Buffer.alloc(2 * MiB, 'b')),
    ]
    for (const digest of [large, large, one, other, one]) await blobs.read(digest)
    expect(asked).toEqual([large, large, one, other, one])
  })

  it('The existence of a blob is always checked in the store, since another process may have removed it', async () => {
    const { below, blobs, keep } = counted()
    const digest = await keep(Buffer.from('a manifest'))
    await blobs.read(digest)
    await below.remove(digest)
    expect(await blobs.size(digest)).toBeUndefined()
    expect(await blobs.send(digest, { start: 0, end: 3 }, async () => {})).toBe(false)
  })

  it.each(['remove', 'quarantine', 'clear'] as const)('A blob leaves the cache on %s', async (way) => {
    const { blobs, keep } = counted()
    const digest = await keep(Buffer.from('a manifest'))
    await blobs.read(digest)
    await blobs[way](digest)
    expect(await blobs.read(digest)).toBeUndefined()
  })
})
