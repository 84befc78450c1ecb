import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { request } from 'undici'
import { describe, expect, it } from 'vitest'
import { memoryBlobStore } from '../../src/adapters/memory/blob-store.js'
import { withSmallBlobsInMemory } from '../../src/adapters/memory/small-blobs.js'
import { s3BlobStore } from '../../src/adapters/s3/blob-store.js'
import { streamed } from '../../src/adapters/s3/streamed.js'
import { randomIds } from '../../src/adapters/system/random-ids.js'
import { environmentOf } from '../support/s3-blobs.js'
import { startS3Server } from '../support/s3-server.js'
import { blobStoreContract } from './blob-store.contract.js'

const real = process.env.ECR_LOCAL_SPEC_S3_URL
// Pages of two names make every listing span several pages.
const server = await startS3Server({ pageSize: 2 })
if (real === undefined) Object.assign(process.env, environmentOf(server))

let url = ''
const open = (at = url) => s3BlobStore({ url: at, spool: memoryBlobStore(), ids: randomIds })
const openNew = () => open((url = `${real ?? 's3://images/spec'}/${randomUUID()}`))

blobStoreContract(real === undefined ? 'S3' : 'a real S3', openNew, () => open())
blobStoreContract(
  'S3 and memory',
  async () => withSmallBlobsInMemory(await openNew()),
  async () => withSmallBlobsInMemory(await open()),
)

describe('Redirect locations of S3 blobs', () => {
  const bytes = randomBytes(200_000)
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  const kept = async () => {
    const blobs = await openNew()
    const writer = await blobs.create()
    await writer.append(bytes)
    await writer.commit(digest)
    return blobs
  }

  it('A location serves the blob and ranges of it without credentials', async () => {
    const location = await (await kept()).locationOf?.(digest, 60)
    const whole = await request(location ?? '')
    expect([whole.statusCode, Buffer.from(await whole.body.arrayBuffer()).equals(bytes)]).toEqual([200, true])
    const range = await request(location ?? '', { headers: { range: 'bytes=10-19' } })
    expect([range.statusCode, Buffer.from(await range.body.arrayBuffer())]).toEqual([206, bytes.subarray(10, 20)])
  })

  it('A location is valid for no other blob, no other method and no longer than it states', async () => {
    const location = (await (await kept()).locationOf?.(digest, 60)) ?? ''
    const statusOf = async (changed: string, method: 'GET' | 'PUT' | 'DELETE' = 'GET') => {
      const { statusCode, body } = await request(changed, { method })
      await body.dump()
      return statusCode
    }
    expect(await statusOf(location.replace(digest.slice(7), 'a'.repeat(64)))).toBe(403)
    expect(await statusOf(location, 'DELETE')).toBe(403)
    expect(await statusOf(location, 'PUT')).toBe(403)
    expect(await statusOf(location.replace('X-Amz-Expires=60', 'X-Amz-Expires=3600'))).toBe(403)
    expect(await statusOf(location)).toBe(200)
  })

  it('There is no location for a blob that must be streamed, nor for an invalid digest', async () => {
    const blobs = await kept()
    expect(streamed(blobs).locationOf).toBeUndefined()
    expect(await blobs.locationOf?.('sha256:../../x', 60)).toBeUndefined()
  })
})

describe('ECR_LOCAL_SPEC_S3_URL', () => {
  it.skipIf(real === undefined)('ECR_LOCAL_SPEC_S3_URL runs the blob store contract against a real S3', () => {})
})
