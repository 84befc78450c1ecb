import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { type BlobStore, BlobsUnavailable, DigestMismatch } from '../../../src/registry/ports/blob-store.js'
import { impatient, s3WithStores } from '../../support/s3-blobs.js'

const MiB = 1024 * 1024
const bytes = randomBytes(12 * MiB)
const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`

const s3 = await s3WithStores()
afterAll(() => s3[Symbol.asyncDispose]())
const tuning = { ...impatient, idleMs: 5000, partBytes: 5 * MiB, copyBytes: 5 * MiB }
const [here, there] = [await s3.store(tuning), await s3.store(tuning)]
beforeEach(() => here.clear())

const append = async (blobs: BlobStore, id: string, from: number, to: number) => {
  const session = await blobs.session(id)
  await session.append(bytes.subarray(from, to))
  await session.close()
}
const isWhole = async () => (await there.read(digest))?.equals(bytes)
const requestsOf = async (work: () => Promise<unknown>) => {
  const before = s3.server.requests.length
  await work()
  return s3.server.requests.slice(before).map((request) => request.split(' ')[0])
}
const keysOf = (part: string) =>
  [...(s3.server.buckets.get('images')?.objects.keys() ?? [])].filter((key) => key.includes(part))

describe('Upload sessions in S3', () => {
  it('An upload session of one request is committed by a copy within S3', async () => {
    const id = randomUUID()
    await append(here, id, 0, bytes.length)
    const requests = await requestsOf(async () => (await here.session(id)).commit(digest))
    expect(requests).not.toContain('GetObject')
    expect(requests.filter((operation) => operation === 'UploadPartCopy')).toHaveLength(3)
    expect(await isWhole()).toBe(true)
    expect(keysOf('/uploads/')).toEqual([])
  })

  it('An upload session with bytes sent to another machine is read back to verify its digest', async () => {
    const id = randomUUID()
    await append(here, id, 0, 2 * MiB)
    await append(there, id, 2 * MiB, bytes.length)
    await (await here.session(id)).commit(digest)
    expect(await isWhole()).toBe(true)
    expect(keysOf('/uploads/')).toEqual([])
  })

  it('The first of two writers to the same offset of an upload session wins and the other is refused', async () => {
    const id = randomUUID()
    const slow = await here.session(id)
    await slow.append(Buffer.from('what a client gave up and sent again elsewhere'))
    await append(there, id, 0, bytes.length)
    await expect(slow.close()).rejects.toThrow(BlobsUnavailable)
    await (await there.session(id)).commit(digest)
    expect(await isWhole()).toBe(true)
  })

  it('An upload session is never committed from other bytes than the verified ones', async () => {
    const id = randomUUID()
    await append(here, id, 0, bytes.length)
    const [key = ''] = keysOf('/uploads/')
    const objects = s3.server.buckets.get('images')?.objects
    const session = await here.session(id)
    objects?.set(key, { ...objects.get(key)!, bytes: Buffer.alloc(bytes.length), etag: '"another"' })
    await expect(session.commit(digest)).rejects.toThrow(BlobsUnavailable)
    await expect((await here.session(id)).commit(digest)).rejects.toThrow(DigestMismatch)
    expect(await here.size(digest)).toBeUndefined()
  })
})

describe('Blobs in S3', () => {
  const keep = async () => {
    const writer = await here.create()
    await writer.append(bytes)
    await writer.commit(digest)
  }

  it('A blob that S3 already has is not sent again, unless its length is wrong', async () => {
    await keep()
    expect(await requestsOf(keep)).toEqual(['HeadObject'])
    const objects = s3.server.buckets.get('images')?.objects
    const [key = ''] = keysOf('/blobs/')
    objects?.set(key, { ...objects.get(key)!, bytes: bytes.subarray(1) })
    await keep()
    expect(await isWhole()).toBe(true)
  })

  it('A failed upload of a blob leaves no parts in S3', async () => {
    s3.server.failNext(4, 500, { operation: /CompleteMultipartUpload/ })
    await expect(keep()).rejects.toThrow(BlobsUnavailable)
    s3.server.heal()
    expect(s3.server.buckets.get('images')?.multiparts.size).toBe(0)
    await keep()
    expect(await isWhole()).toBe(true)
  })

  it('A blob can be stored in an object store without conditional writes', async () => {
    s3.server.failNext(1, 501, { operation: /CompleteMultipartUpload/ })
    await keep()
    expect(await isWhole()).toBe(true)
  })

  it('An interrupted multipart upload is a leftover until it is discarded; foreign uploads are not', async () => {
    s3.server.failNext(1000, 'reset', { operation: /CompleteMultipartUpload|AbortMultipartUpload/ })
    await expect(keep()).rejects.toThrow(BlobsUnavailable)
    s3.server.heal()
    const bucket = s3.server.buckets.get('images')
    const others = { id: 'others', key: 'elsewhere/file', begun: new Date(0), headers: {}, parts: new Map() }
    bucket?.multiparts.set('others', others)
    const left = []
    for await (const leftover of there.leftovers()) left.push(leftover)
    expect(left).toMatchObject([{ kind: 'temporary', mayBeInUse: true }])
    for (const leftover of left) await there.discard(leftover)
    for (const leftover of left) await there.discard(leftover)
    expect([...(bucket?.multiparts.keys() ?? [])]).toEqual(['others'])
  })

  it('A quarantined blob is moved to a prefix of its own', async () => {
    await keep()
    await here.quarantine(digest)
    expect(await here.size(digest)).toBeUndefined()
    expect(keysOf('/quarantine/')).toEqual([`${s3.prefix}/quarantine/${digest.replace(':', '-')}`])
  })
})
