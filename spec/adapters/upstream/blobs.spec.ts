import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { faultyUpstream } from '../../support/faulty-upstream.js'
import { digestOf } from '../../support/upstream-content.js'
import {
  drip,
  type Fault,
  ignoreRange,
  reset,
  stall,
  status,
  truncate,
  unknownLength,
  withHeader,
} from '../../support/upstream-faults.js'
import { pullingFrom } from '../../support/upstream-pulling.js'

/** Returns the bytes received before the body ended, and the error if it failed. */
async function drain(body: Readable): Promise<{ bytes: Buffer; error?: Error }> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk)
    return { bytes: Buffer.concat(chunks) }
  } catch (error) {
    return { bytes: Buffer.concat(chunks), error: error as Error }
  }
}

describe('Blobs of an upstream', () => {
  it('A blob is requested unencoded and arrives whole with its size', async () => {
    await using upstream = await faultyUpstream()
    const digest = upstream.addBlob(3_000_000)
    await using pulling = pullingFrom(upstream)
    const { size, body } = await pulling.registry.blob('team/app', digest)
    expect(size).toBe(3_000_000)
    expect(digestOf(await buffer(body))).toBe(digest)
    expect(upstream.requests).toMatchObject([
      { path: `/v2/team/app/blobs/${digest}`, headers: { 'accept-encoding': 'identity' } },
    ])
    expect(upstream.requests[0]?.headers.range).toBeUndefined()
  })

  it('The bytes of a blob are passed on as they arrive', async () => {
    await using upstream = await faultyUpstream()
    const digest = upstream.addBlob(10_000)
    upstream.fault('/blobs/', stall(4000))
    await using pulling = pullingFrom(upstream)
    const { body } = await pulling.registry.blob('app', digest)
    let size = 0
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size === 4000) upstream.release()
    }
    expect(size).toBe(10_000)
  })

  it('A blob arrives whole while some of its chunks are given back to be received into again', async () => {
    await using upstream = await faultyUpstream()
    const digest = upstream.addBlob(3_000_000)
    await using pulling = pullingFrom(upstream)
    const { body, reuse } = await pulling.registry.blob('app', digest)
    const chunks: Buffer[] = []
    const memories = new Set<ArrayBufferLike>()
    body.on('data', (chunk: Buffer) => {
      memories.add(chunk.buffer)
      const isKept = chunks.length % 3 === 0
      chunks.push(isKept ? chunk : Buffer.from(chunk))
      if (!isKept) reuse?.(chunk)
      if (chunks.length % 5 === 0) setImmediate(() => body.resume())
      if (chunks.length % 5 === 0) body.pause()
    })
    await once(body, 'end')
    expect(digestOf(Buffer.concat(chunks))).toBe(digest)
    expect(memories.size).toBeLessThan(chunks.length)
  })

  it('A blob of unknown size arrives whole', async () => {
    await using upstream = await faultyUpstream()
    const digest = upstream.addBlob(5000)
    await using pulling = pullingFrom(upstream)
    for (const framing of ['chunked', 'close'] as const) {
      const lift = upstream.fault('/blobs/', unknownLength(framing))
      const { size, body } = await pulling.registry.blob('app', digest)
      expect(size).toBeUndefined()
      expect((await buffer(body)).length).toBe(5000)
      lift()
    }
  })

  it.each([
    ['short of its length', truncate(2000)],
    ['in the middle of a chunk', truncate(2000, 'chunked')],
    ['with a reset', reset(2000)],
    ['and stays silent', stall(2000)],
  ])('A blob that breaks off %s fails its body and can be resumed where it broke', async (_, fault) => {
    await using upstream = await faultyUpstream()
    const digest = upstream.addBlob(5000)
    upstream.fault('/blobs/', fault, { times: 1 })
    await using pulling = pullingFrom(upstream, { limits: { idleTimeoutMs: 100 } })
    const first = await drain((await pulling.registry.blob('app', digest)).body)
    expect(first.error).toBeInstanceOf(Error)
    const rest = await pulling.registry.blob('app', digest, first.bytes.length)
    expect(Buffer.concat([first.bytes, await buffer(rest.body)])).toEqual(upstream.content.blobs.get(digest))
  })

  it('A blob that arrives slowly but steadily does not time out', async () => {
    await using upstream = await faultyUpstream()
    const digest = upstream.addBlob(1000)
    upstream.fault('/blobs/', drip(100, 20))
    await using pulling = pullingFrom(upstream, { limits: { idleTimeoutMs: 150 } })
    expect((await buffer((await pulling.registry.blob('app', digest)).body)).length).toBe(1000)
  })

  it('The time limit of a request ends with its headers and does not cut off the body of a blob', async () => {
    await using upstream = await faultyUpstream()
    const digest = upstream.addBlob(1000)
    upstream.fault('/blobs/', stall(10))
    await using pulling = pullingFrom(upstream, { limits: { answerMs: 1000 } })
    const { body } = await pulling.registry.blob('app', digest)
    await new Promise((resolve) => setTimeout(resolve, 1100))
    upstream.release()
    expect(await buffer(body)).toHaveLength(1000)
  })

  it('A slow reader of a blob does not cause a timeout', async () => {
    await using upstream = await faultyUpstream()
    const digest = upstream.addBlob(8_000_000)
    await using pulling = pullingFrom(upstream, { limits: { idleTimeoutMs: 100 } })
    const { body } = await pulling.registry.blob('app', digest)
    await once(body, 'readable')
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect((await buffer(body)).length).toBe(8_000_000)
  })

  it('A blob that the upstream does not have is reported as not found', async () => {
    await using upstream = await faultyUpstream()
    await using pulling = pullingFrom(upstream)
    const digest = `sha256:${'0'.repeat(64)}`
    await expect(pulling.registry.blob('app', digest)).rejects.toMatchObject({
      kind: 'not-found',
      message: `The upstream registry registry.example answered the request for app@${digest} with 404 Not Found, BLOB_UNKNOWN: unknown.`,
    })
  })

  it('The request for a blob is repeated when the upstream answers 503', async () => {
    await using upstream = await faultyUpstream()
    const digest = upstream.addBlob(10)
    upstream.fault('/blobs/', status(503), { times: 2 })
    await using pulling = pullingFrom(upstream)
    expect((await buffer((await pulling.registry.blob('app', digest)).body)).length).toBe(10)
  })
})

describe('Resumed blobs', () => {
  it('A resumed blob starts at the requested byte and reports the whole size', async () => {
    await using upstream = await faultyUpstream()
    const digest = upstream.addBlob(5000)
    await using pulling = pullingFrom(upstream)
    const { size, body } = await pulling.registry.blob('app', digest, 4999)
    expect(size).toBe(5000)
    expect(await buffer(body)).toEqual(upstream.content.blobs.get(digest)?.subarray(4999))
    expect(upstream.requests[0]?.headers.range).toBe('bytes=4999-')
  })

  it.each([
    ['the whole blob', ignoreRange(), 'ignored the Range header'],
    ['another part', withHeader('content-range', 'bytes 0-3999/5000'), undefined],
    ['a part without saying which', withHeader('content-range', ''), 'answered 206 without the bytes'],
    ['a part that disagrees with its length', withHeader('content-range', 'bytes 1000-1998/5000'), undefined],
    ['a part beyond the end', withHeader('content-range', 'bytes 1000-4999/4999'), undefined],
    ['an encoding', withHeader('content-encoding', 'gzip'), 'sent a content encoding that was not requested'],
  ])('A resumed blob is refused if the upstream sends %s', async (_, fault, said = 'sent a') => {
    await using upstream = await faultyUpstream()
    const digest = upstream.addBlob(5000)
    upstream.fault('/blobs/', fault)
    await using pulling = pullingFrom(upstream)
    await expect(pulling.registry.blob('app', digest, 1000)).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining(said),
    })
    expect(upstream.count('/blobs/')).toBe(1)
  })

  it('Resuming a blob past its end is refused', async () => {
    await using upstream = await faultyUpstream()
    const digest = upstream.addBlob(10)
    await using pulling = pullingFrom(upstream)
    await expect(pulling.registry.blob('app', digest, 10)).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('416 Range Not Satisfiable'),
    })
  })

  it('A resumed blob is refused if the upstream sends a range that starts at another byte', async () => {
    await using upstream = await faultyUpstream()
    const digest = upstream.addBlob(100)
    upstream.fault('/blobs/', withHeader('content-range', 'bytes 50-99/100'))
    await using pulling = pullingFrom(upstream)
    await expect(pulling.registry.blob('app', digest, 40)).rejects.toMatchObject({
      message: expect.stringContaining('sent a range other than the one from byte 40'),
    })
  })
})

describe('Repeated headers in an answer', () => {
  const repeated =
    (name: string, values: string[]): Fault =>
    (reply, { response }) => {
      response.writeHead(200, { ...reply.headers, [name]: values }).end(reply.body)
      return undefined
    }

  it.each([
    ['content-encoding', ['gzip', 'identity']],
    ['content-range', ['bytes 0-99/100', 'bytes 0-99/200']],
    ['content-length', ['100', '200']],
  ])('An answer that repeats the header %s is refused as ambiguous', async (name, values) => {
    await using upstream = await faultyUpstream()
    const digest = upstream.addBlob(100)
    upstream.fault('/blobs/', repeated(name, values))
    await using pulling = pullingFrom(upstream)
    await expect(pulling.registry.blob('app', digest)).rejects.toMatchObject({ kind: 'unavailable' })
  })
})

describe('Concurrent transfers', () => {
  const limits = { blobsAtOnce: 5, requestsAtOnce: 1 }

  it('The number of concurrent blob transfers is limited, and manifests do not wait for them', async () => {
    await using upstream = await faultyUpstream()
    const digest = upstream.addBlob(1000)
    const image = upstream.addImage('app', { tag: 'latest' })
    upstream.fault('/blobs/', stall(100))
    await using pulling = pullingFrom(upstream, { limits })
    const blobs = Array.from({ length: 5 }, () => pulling.registry.blob('app', digest))
    const first = await Promise.all(blobs.slice(0, 2))
    expect(await pulling.registry.resolve('app', 'latest')).toBe(image.digest)
    expect((await pulling.registry.manifest('app', 'latest')).digest).toBe(image.digest)
    expect(upstream.count('GET /v2/app/blobs/')).toBe(2)
    upstream.heal()
    await Promise.all(first.map(({ body }) => buffer(body)))
    await Promise.all(blobs.slice(2).map(async (blob) => buffer((await blob).body)))
    expect(upstream.count('GET /v2/app/blobs/')).toBe(5)
  })

  it.each<[string, (body: Readable) => unknown]>([
    ['ends', (body) => body.resume()],
    ['is destroyed', (body) => body.destroy()],
    ['is destroyed with an error', (body) => body.destroy(new Error('client left'))],
  ])('A blob transfer that %s releases its permit', async (_, finish) => {
    await using upstream = await faultyUpstream()
    const digest = upstream.addBlob(100_000)
    await using pulling = pullingFrom(upstream, { limits: { blobsAtOnce: 1 } })
    for (let turn = 0; turn < 3; turn++) finish((await pulling.registry.blob('app', digest)).body)
    expect(upstream.count('/blobs/')).toBe(3)
  })

  it('A blob transfer that breaks or is refused releases its permit', async () => {
    await using upstream = await faultyUpstream()
    const digest = upstream.addBlob(1000)
    upstream.fault('/blobs/', ignoreRange(), { times: 1 })
    upstream.fault('/blobs/', reset(10), { times: 1 })
    await using pulling = pullingFrom(upstream, { limits: { blobsAtOnce: 1 } })
    await drain((await pulling.registry.blob('app', digest)).body)
    await expect(pulling.registry.blob('app', digest, 10)).rejects.toMatchObject({ kind: 'unavailable' })
    expect((await buffer((await pulling.registry.blob('app', digest)).body)).length).toBe(1000)
  })

  it('A blob transfer that is destroyed leaves no connection open', async () => {
    await using upstream = await faultyUpstream()
    const digest = upstream.addBlob(1000)
    upstream.fault('/blobs/', stall(10))
    await using pulling = pullingFrom(upstream)
    const { body } = await pulling.registry.blob('app', digest)
    expect(await upstream.connections()).toBe(1)
    body.destroy()
    await expect.poll(() => upstream.connections()).toBe(0)
  })

  it('Closing the upstream client ends its blob transfers', async () => {
    await using upstream = await faultyUpstream()
    const digest = upstream.addBlob(1000)
    upstream.fault('/blobs/', stall(10))
    const pulling = pullingFrom(upstream)
    const { body } = await pulling.registry.blob('app', digest)
    const ended = drain(body)
    await pulling.upstreams.close()
    expect((await ended).error).toBeInstanceOf(Error)
  })
})
