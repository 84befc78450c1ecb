import { createServer, request, type ClientRequest } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { memoryBlobStore } from '../../src/adapters/memory/blob-store.js'
import { bodyOf } from '../../src/data-plane/request-body.js'
import { type BlobStore, type BlobWriter, NoSpace } from '../../src/registry/ports/blob-store.js'
import { errorIn, exchange, registry, type RunningRegistry, startRegistry } from '../support/registry.js'
import { digestOf, seededBytes } from '../support/upstream-content.js'

const MIB = 1024 * 1024
const bytes = seededBytes(3000, 'connections')

async function startUpload(blobs: BlobStore = memoryBlobStore()) {
  const running = await startRegistry({ blobs })
  await running.createRepository('app')
  const { headers } = await running.send('POST', '/v2/app/blobs/uploads/')
  const location = headers.location ?? ''
  const id = location.split('/').at(-1) ?? ''
  return { running, location, id, [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() }
}

/** A PATCH whose first bytes have arrived and which stays open. */
async function openPatch(running: RunningRegistry, location: string, sent: Buffer): Promise<ClientRequest> {
  const req = running.open('PATCH', location)
  req.on('error', () => {})
  req.write(sent)
  const id = location.split('/').at(-1) ?? ''
  await vi.waitFor(async () => expect((await running.deps.blobs.session(id)).size).toBe(sent.length), 30_000)
  return req
}

/** A memory store whose upload writers are changed in this way. */
function blobsWith(change: (writer: BlobWriter) => Partial<BlobWriter>): BlobStore {
  const blobs = memoryBlobStore()
  const session = async (id: string) => {
    const writer = await blobs.session(id)
    const own = Object.getOwnPropertyDescriptors(change(writer))
    return Object.create(writer, own) as BlobWriter
  }
  return { ...blobs, session }
}

const full = async () => {
  throw new NoSpace('No space left to keep the blob')
}

describe('connections of an upload', () => {
  it.each(['PATCH', 'PUT', 'DELETE'])('A %s is refused with 409 while a PATCH writes the upload', async (method) => {
    await using upload = await startUpload()
    const { running, location } = upload
    const first = await openPatch(running, location, bytes.subarray(0, 1000))
    const answer = await running.send(
      method,
      `${location}?digest=${digestOf(bytes)}`,
      method === 'DELETE' ? {} : { body: 'in between' },
    )

    expect(answer.status).toBe(409)
    expect(errorIn(answer)).toEqual({
      code: 'BLOB_UPLOAD_INVALID',
      message: 'Another request is writing to this upload',
    })
    expect((await running.send('GET', location)).status).toBe(204)
    expect((await exchange(first, bytes.subarray(1000))).headers.range).toBe('0-2999')
    expect((await running.send('PUT', `${location}?digest=${digestOf(bytes)}`)).status).toBe(201)
  })

  it('An upload keeps the bytes of a client that disconnected and continues from there', async () => {
    await using upload = await startUpload()
    const { running, location } = upload
    const error = vi.spyOn(running.deps.log, 'error')
    const debug = vi.spyOn(running.deps.log, 'debug')
    const first = await openPatch(running, location, bytes.subarray(0, 1000))
    first.destroy()
    await vi.waitFor(() => expect(debug).toHaveBeenCalledWith(expect.anything(), 'the client disconnected'), 30_000)

    expect((await running.send('GET', location)).headers.range).toBe('0-999')
    const headers = { 'content-range': '1000-2999' }
    const rest = await running.send('PATCH', location, { headers, body: bytes.subarray(1000) })
    expect(rest.headers.range).toBe('0-2999')
    expect((await running.send('PUT', `${location}?digest=${digestOf(bytes)}`)).status).toBe(201)
    expect(error).not.toHaveBeenCalled()
  })

  it('An upload continues from the bytes that were written before its process was killed', async () => {
    await using upload = await startUpload()
    const { running, location, id } = upload
    const writer = await running.deps.blobs.session(id)
    await writer.append(bytes.subarray(0, 1000))
    await writer.close()

    expect((await running.send('GET', location)).headers.range).toBe('0-999')
    const headers = { 'content-range': '1000-2999' }
    const rest = await running.send('PATCH', location, { headers, body: bytes.subarray(1000) })
    expect(rest.headers.range).toBe('0-2999')
  })

  it('A large chunk is read no faster than it is written to the store', async () => {
    let appended = 0
    let readAhead = 0
    const sockets: Socket[] = []
    await using upload = await startUpload(
      blobsWith(() => ({
        async append(...chunks) {
          for (let waited = 0; waited < 5; waited++) await turn()
          const received = sockets.reduce((sum, { bytesRead }) => sum + bytesRead, 0)
          readAhead = Math.max(readAhead, received - appended)
          for (const { length } of chunks) appended += length
        },
      })),
    )
    const { running, location } = upload
    running.server.on('connection', (socket) => sockets.push(socket))
    const chunk = seededBytes(MIB)
    await running.send('PATCH', location, { body: Readable.from(Array<Buffer>(64).fill(chunk), { objectMode: false }) })

    expect(appended).toBe(64 * MIB)
    expect(readAhead).toBeGreaterThan(0)
    expect(readAhead).toBeLessThan(3 * MIB)
  })

  it('A full disk is reported with 507 while the client is still sending', async () => {
    await using upload = await startUpload(blobsWith(() => ({ append: full })))
    const { running, location } = upload
    const answer = await running.send('PATCH', location, { body: seededBytes(8 * MIB) })

    expect(answer.status).toBe(507)
    expect(errorIn(answer).message).toBe('No space left to keep the blob')
  })

  it('A whole blob upload that fails on a full disk leaves no upload behind', async () => {
    await using upload = await startUpload(blobsWith(() => ({ append: full })))
    const { running } = upload
    const answer = await running.pushBlob('app', bytes)
    const { items } = await running.deps.store.uploads.list(registry, { limit: 10 })

    expect(answer.status).toBe(507)
    expect(items).toHaveLength(1)
  })

  it('A refused client that sends its whole chunk keeps its connection', async () => {
    await using upload = await startUpload()
    const { running, location } = upload
    const socket = connect(running.port, '127.0.0.1')
    const heads: string[] = []
    socket.setEncoding('latin1').on('data', (head: string) => heads.push(head))
    const host = `host: ${running.host}\r\nauthorization: ${running.tokenOf()}\r\n`
    socket.write(`PATCH ${location} HTTP/1.1\r\n${host}content-range: 5-${MIB + 4}\r\ncontent-length: ${MIB}\r\n\r\n`)
    await vi.waitFor(() => expect(heads.join('')).toMatch(/^HTTP\/1\.1 416 /), 30_000)
    heads.length = 0
    socket.write(seededBytes(MIB))
    socket.write(`GET ${location} HTTP/1.1\r\n${host}\r\n`)
    await vi.waitFor(() => expect(heads.join('')).toMatch(/^HTTP\/1\.1 204 /), 30_000)
    socket.destroy()
  })

  it('A chunk out of order is refused with 416 before its body is sent', async () => {
    await using upload = await startUpload()
    const { running, location } = upload
    const headers = { 'content-range': `5-${MIB + 4}`, 'content-length': String(MIB) }
    const req = running.open('PATCH', location, headers)
    req.flushHeaders()
    const status = await new Promise((resolve) => {
      req.once('response', (res) => resolve(res.statusCode))
      req.on('error', () => {})
    })
    req.destroy()

    expect(status).toBe(416)
  })

  it('Reading a request body fails with ECONNRESET when no byte arrives for too long', async () => {
    const read: number[] = []
    const failed = new Promise<unknown>((resolve) => {
      const server = createServer((req) => {
        const take = async () => {
          for await (const chunk of bodyOf(req)) read.push(chunk.length)
        }
        take().catch((error: unknown) => {
          server.close()
          resolve(error)
        })
      }).setTimeout(50)
      server.listen(0, '127.0.0.1', () => {
        const { port } = server.address() as AddressInfo
        const req = request({ host: '127.0.0.1', port, method: 'PATCH', agent: false })
        req.on('error', () => {})
        req.write('some')
      })
    })

    expect(await failed).toMatchObject({ code: 'ECONNRESET' })
    expect(read).toEqual([4])
  })
})
