import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { Readable } from 'node:stream'
import { request } from 'undici'
import { afterAll, describe, expect, it } from 'vitest'
import { startS3Server } from '../../support/s3-server.js'

const server = await startS3Server()
afterAll(() => server.close())

const clientWith = (secretAccessKey: string) =>
  new S3Client({
    ...{ endpoint: server.url, region: 'us-east-1', forcePathStyle: true, maxAttempts: 1 },
    credentials: { accessKeyId: 'AKIDS3', secretAccessKey },
  })
const client = clientWith('s3-secret')
const Bucket = 'images'

describe('The S3 server for specs', () => {
  it("The S3 server accepts a stream in the SDK's chunks with a trailing checksum", async () => {
    const Body = Readable.from([Buffer.from('one '), Buffer.from('two')])
    await client.send(new PutObjectCommand({ Bucket, Key: 'a stream', Body, ContentLength: 7 }))
    const { Body: body } = await client.send(new GetObjectCommand({ Bucket, Key: 'a stream' }))
    expect(await body?.transformToString()).toBe('one two')
  })

  it('The S3 server accepts keys with every character that the signature must encode', async () => {
    const Key = "sha256:a/b c+d=e@f'(g)*!"
    await client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }))
    expect([...(server.buckets.get(Bucket)?.objects.keys() ?? [])]).toContain(Key)
  })

  it('The S3 server refuses a wrong secret and anonymous requests', async () => {
    const put = new PutObjectCommand({ Bucket, Key: 'refused', Body: 'x' })
    await expect(clientWith('wrong').send(put)).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' })
    const anonymous = await request(`${server.url}/images/refused`, { method: 'PUT', body: 'x' })
    expect(anonymous.statusCode).toBe(403)
    expect(await anonymous.body.text()).toContain('<Code>AccessDenied</Code>')
    expect(server.buckets.get(Bucket)?.objects.has('refused')).toBe(false)
  })

  it('The S3 server refuses bytes that do not match their checksum', async () => {
    const put = new PutObjectCommand({ Bucket, Key: 'refused', Body: 'x', ChecksumCRC32: 'AAAAAA==' })
    await expect(client.send(put)).rejects.toMatchObject({ name: 'BadDigest' })
  })
})
