import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { memoryBlobStore } from '../../../src/adapters/memory/blob-store.js'
import { s3BlobStore } from '../../../src/adapters/s3/blob-store.js'
import { randomIds } from '../../../src/adapters/system/random-ids.js'
import { environmentOf, impatient } from '../../support/s3-blobs.js'
import { startS3Server } from '../../support/s3-server.js'

const server = await startS3Server()
afterAll(() => server.close())
afterEach(() => vi.unstubAllEnvs())

const open = async (change: Record<string, string | undefined> = {}, url = 's3://images/team') => {
  for (const [name, value] of Object.entries({ ...environmentOf(server), ...change })) vi.stubEnv(name, value)
  return s3BlobStore({ url, spool: memoryBlobStore(), ids: randomIds, tuning: impatient })
}

describe('Opening a blob store in S3', () => {
  it('A blob store in S3 uses the usual AWS environment and a bucket with or without a prefix', async () => {
    for (const url of ['s3://images', 's3://images/', 's3://images/a/b', 's3://images/a/b/'])
      await (await open({}, url)).notes.put('here', url)
    await open({ AWS_ENDPOINT_URL_S3: undefined, AWS_ENDPOINT_URL: server.url })
    expect([...(server.buckets.get('images')?.objects.keys() ?? [])]).toEqual(['notes/here', 'a/b/notes/here'])
  })

  it.each([
    ['a bucket that does not exist', {}, 's3://nowhere', /there is no bucket nowhere at http:.*Create it/],
    ['another Region', { AWS_REGION: 'eu-west-1' }, undefined, /Set AWS_REGION to us-east-1/],
    ['no Region', { AWS_REGION: undefined }, undefined, /Set AWS_REGION to the one/],
    [
      'no credentials',
      { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined },
      undefined,
      /Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE/,
    ],
    ['an unknown key', { AWS_ACCESS_KEY_ID: 'AKIOTHER' }, undefined, /does not accept the credentials \(InvalidAcc/],
    ['a wrong secret', { AWS_SECRET_ACCESS_KEY: 'wrong' }, undefined, /does not accept the credentials \(Signature/],
    [
      'no server at the endpoint',
      { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1' },
      undefined,
      /ECONNREFUSED.*start the object store/,
    ],
    ['no bucket in the URL', {}, 's3://', /it must be s3:\/\/bucket or s3:\/\/bucket\/prefix/],
    ['a strange prefix', {}, 's3://images/a b', /it must be s3:\/\/bucket or s3:\/\/bucket\/prefix/],
  ])(
    'A start with a wrong S3 setting is refused with the remedy in one line: %s',
    async (_, environment, url, message) => {
      const refusal = await open(environment, url).catch((error: unknown) => error as Error)
      expect(refusal).toBeInstanceOf(Error)
      expect((refusal as Error).message).toMatch(message)
      expect((refusal as Error).message).not.toContain('\n')
    },
  )

  it('A start is refused if the bucket may not be listed', async () => {
    server.failNext(1, 403)
    await expect(open()).rejects.toThrow(/Allow s3:ListBucket on the bucket/)
  })
})
