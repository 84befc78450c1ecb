import aws4 from 'aws4'
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { account, startEmulator } from '../support/emulator.js'
import { heldUpMs, MOST_HELD_UP_MS } from '../support/event-loop.js'
import { targetOf } from '../support/raw-http.js'

const MiB = 1024 * 1024
const filled = (size: number, text: string) => Buffer.alloc(size, text)
const joined = (...parts: (string | Buffer)[]) => Buffer.concat(parts.map((part) => Buffer.from(part)))
const keys = (text: (n: number) => string) => Array.from({ length: 999_000 }, (_, n) => text(n)).join(',')

const bodies: [what: string, operation: string, body: () => Buffer][] = [
  ['a million keys', 'DescribeImages', () => joined(`{${keys((n) => `"k${n}":1`)}}`)],
  ['a million numeric keys', 'DescribeImages', () => joined(`{${keys((n) => `"${n * 4099}":1`)}}`)],
  ['a million keys in a list', 'DescribeImages', () => joined(`{"imageIds":[{${keys((n) => `"k${n}":1`)}}]}`)],
  ['a million keys in PutImage', 'PutImage', () => joined(`{${keys((n) => `"k${n}":1`)}}`)],
  ['as many keys as are read', 'DescribeImages', () => joined(`{${keys((n) => `"k${n}":1`).slice(0, 150_000)}":1}`)],
  ['white space', 'UploadLayerPart', () => joined('{', filled(31 * MiB, ' '), '}')],
  ['a number of a million digits', 'UploadLayerPart', () => joined('{"partFirstByte":', filled(0.9 * MiB, '9'), '}')],
  ['brackets', 'UploadLayerPart', () => filled(31 * MiB, '[')],
  ['escaped quotes', 'PutImage', () => joined('{"imageManifest":"', filled(11 * MiB, '\\"'), '"}')],
  ['escaped characters', 'PutImage', () => joined('{"imageManifest":"', filled(11 * MiB, '\\u0041'), '"}')],
  ['text that is not UTF-8', 'PutImage', () => joined('{"imageManifest":"', Buffer.alloc(11 * MiB, 0xff), '"}')],
  ['a policy of 31 MiB', 'SetRepositoryPolicy', () => joined('{"policyText":"', filled(31 * MiB, 'x'), '"}')],
]

describe('body of a user without permissions', () => {
  let emulator: Awaited<ReturnType<typeof startEmulator>>
  beforeAll(async () => {
    const accounts = { [account]: { users: { nobody: { accessKeys: { AKIDEXAMPLE: 'secret' } } } } }
    emulator = await startEmulator({ accounts })
  })
  afterAll(() => emulator[Symbol.asyncDispose]())

  it.each(bodies)('A body from a user without permissions delays no other request: %s', async (_, operation, body) => {
    const sent = prepared(emulator.endpoint, 'ecr', body(), { 'x-amz-target': targetOf(operation) })
    const status = { last: 0 }
    const delay = await heldUpMs(async () => (status.last = await sent()))
    expect(delay).toBeLessThan(MOST_HELD_UP_MS)
    expect(status.last).toBe(400)
  })

  it.each([
    ['parameters', filled(8 * MiB, 'a&')],
    [
      'parameters of one list',
      joined('Action=AssumeRole&Version=2011-06-15&', filled(0.9 * MiB, 'Tags.member.1.Key=x&')),
    ],
    ['escapes', filled(8 * MiB, '%41')],
  ])('A call of STS without permissions delays no other request: %s', async (_, body) => {
    const sent = prepared(emulator.endpoint, 'sts', body, { 'content-type': 'application/x-www-form-urlencoded' })
    const status = { last: 0 }
    const delay = await heldUpMs(async () => (status.last = await sent()))
    expect(delay).toBeLessThan(MOST_HELD_UP_MS)
    expect(status.last).toBe(400)
  })
})

/** A call that is signed in advance, so that the work of its client is not measured. */
function prepared(endpoint: string, service: string, body: Buffer, given: Record<string, string>) {
  const { host, hostname, port } = new URL(endpoint)
  const headers = { host, 'content-type': 'application/x-amz-json-1.1', ...given }
  const wanted = { method: 'POST', path: '/', service, region: 'us-east-1', headers, body: body as unknown as string }
  const key = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }
  const signed = aws4.sign(wanted, key).headers as Record<string, string>
  const parts = Array.from({ length: Math.ceil(body.length / MiB) }, (_, n) => body.subarray(n * MiB, (n + 1) * MiB))
  return () =>
    new Promise<number>((resolve, reject) => {
      const call = request({ hostname, port, method: 'POST', path: '/', headers: signed, agent: false }, (res) => {
        res.resume().once('end', () => resolve(res.statusCode ?? 0))
      })
      call.once('error', reject)
      for (const part of parts) call.write(part)
      call.end()
    })
}
