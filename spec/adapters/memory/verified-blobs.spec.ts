import { createHash, randomBytes } from 'node:crypto'
import { open, readdir, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { filesystemBlobStore } from '../../../src/adapters/filesystem/blob-store.js'
import { blobPath } from '../../../src/adapters/filesystem/blob-path.js'
import { memoryBlobStore } from '../../../src/adapters/memory/blob-store.js'
import { verifiedBlobs } from '../../../src/adapters/memory/verified-blobs.js'
import { randomIds } from '../../../src/adapters/system/random-ids.js'
import { BlobDamaged, type BlobStore } from '../../../src/registry/ports/blob-store.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const content = randomBytes(3_000_000)
const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`
const whole = { start: 0, end: content.length - 1 }

async function stored() {
  const directory = await temporaryDirectory()
  const logged: object[] = []
  const log = { error: (facts: unknown) => void logged.push(facts as object) }
  const onDisk = filesystemBlobStore({ root: directory.path, ids: randomIds })
  const path = blobPath(directory.path, digest) ?? ''
  const started = () => verifiedBlobs(onDisk, { log, hashesOnSend: true })
  const keep = async (blobs: BlobStore) => {
    const writer = await blobs.create()
    await writer.append(content)
    await writer.commit(digest)
  }
  await keep(onDisk)
  return {
    ...{ onDisk, logged, started, keep },
    cut: (size: number) => truncate(path, size),
    /** Changes one byte in the middle of the file. */
    async flip() {
      await using file = await open(path, 'r+')
      await file.write(Buffer.from([(content[1_500_000] ?? 0) ^ 1]), 0, 1, 1_500_000)
    },
    quarantined: () => readdir(join(directory.path, 'quarantine')),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  }
}

async function sent(blobs: BlobStore, range = whole) {
  const chunks: Buffer[] = []
  const outcome = await blobs
    .send(digest, range, async (chunk) => void chunks.push(Buffer.from(chunk)))
    .catch((error: unknown) => error)
  return { outcome, bytes: Buffer.concat(chunks) }
}

describe('Verification of blobs while they are sent', () => {
  it('An undamaged blob is sent whole and in ranges', async () => {
    await using given = await stored()
    const range = { start: 1_000_000, end: 1_999_999 }
    const part = await sent(given.started(), range)
    expect([part.outcome, part.bytes.equals(content.subarray(1_000_000, 2_000_000))]).toEqual([true, true])
    const all = await sent(given.started())
    expect([all.outcome, all.bytes.equals(content)]).toEqual([true, true])
    expect(given.logged).toEqual([])
  })

  it.each([
    ['the whole', whole],
    ['a range that holds the damage', { start: 1_000_000, end: 2_000_000 }],
    ['a range beside the damage', { start: 0, end: 100_000 }],
  ])(
    'Sending %s of a damaged blob never completes; the blob is quarantined and the damage logged',
    async (_, range) => {
      await using given = await stored()
      await given.flip()
      const blobs = given.started()
      const { outcome, bytes } = await sent(blobs, range)
      expect(outcome).toBeInstanceOf(BlobDamaged)
      expect(bytes.length).toBeLessThan(range.end - range.start + 1)
      expect(await blobs.size(digest)).toBeUndefined()
      expect(await given.quarantined()).toHaveLength(1)
      expect(given.logged).toEqual([{ digest, size: content.length }])
    },
  )

  it('A blob is hashed once per process, and not at all if the process wrote it', async () => {
    await using given = await stored()
    const reads: string[] = []
    const counted: BlobStore = {
      ...given.onDisk,
      send: (asked, range, take) => (reads.push(asked), given.onDisk.send(asked, range, take)),
    }
    const blobs = verifiedBlobs(counted, { log: { error() {} }, hashesOnSend: true })
    for (let time = 0; time < 3; time++) {
      await blobs.size(digest)
      await sent(blobs)
    }
    expect(reads).toHaveLength(4)
    const writing = verifiedBlobs(counted, { log: { error() {} }, hashesOnSend: true })
    await given.keep(writing)
    await writing.size(digest)
    await sent(writing)
    expect(reads).toHaveLength(5)
  })

  it('A blob is hashed again if its file has changed since', async () => {
    await using given = await stored()
    const blobs = given.started()
    expect((await sent(blobs)).outcome).toBe(true)
    await given.flip()
    await blobs.size(digest)
    expect((await sent(blobs)).outcome).toBeInstanceOf(BlobDamaged)
  })

  it.each([0, 1, content.length - 1, content.length + 1])(
    'A blob whose file has %i bytes is quarantined and absent if its record states another size',
    async (size) => {
      await using given = await stored()
      await given.cut(size)
      expect(await given.started().size(digest, content.length)).toBeUndefined()
      expect(await given.quarantined()).toHaveLength(1)
    },
  )

  it('A blob whose record states a wrong size is served with its real size if its bytes are right', async () => {
    await using given = await stored()
    expect(await given.started().size(digest, 7)).toBe(content.length)
    expect(given.logged).toEqual([])
  })

  it('Reading a damaged blob returns nothing until the blob is written again', async () => {
    await using given = await stored()
    const blobs = given.started()
    expect((await blobs.read(digest))?.equals(content)).toBe(true)
    await given.flip()
    expect(await blobs.read(digest)).toBeUndefined()
    await given.keep(blobs)
    expect((await blobs.read(digest))?.equals(content)).toBe(true)
  })

  it('A blob in an object store is hashed only if its size differs from the one in the record', async () => {
    const inStore = memoryBlobStore()
    const reads: string[] = []
    const counted: BlobStore = {
      ...inStore,
      send: (asked, range, take) => (reads.push(asked), inStore.send(asked, range, take)),
    }
    const blobs = verifiedBlobs(counted, { log: { error() {} }, hashesOnSend: false })
    const writer = await blobs.create()
    await writer.append(content)
    await writer.commit(digest)
    expect(await blobs.size(digest, content.length)).toBe(content.length)
    await sent(blobs)
    expect(reads).toHaveLength(1)
    expect(await blobs.size(digest, content.length + 1)).toBe(content.length)
    expect(reads).toHaveLength(2)
  })
})
