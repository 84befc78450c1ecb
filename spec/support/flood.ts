import aws4 from 'aws4'
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'

/** The target of the flood, with credentials that any client can obtain. */
export interface Flooded {
  readonly endpoint: string
  readonly registry: string
  readonly repository: string
  /** Basic credentials for the registry. */
  readonly authorization: string
  /**
   * The number of connections to keep open at the same time: a third silent, a third with slow headers, a third with
   * slow bodies.
   */
  readonly connections: number
}

/** A flood in progress, with the number of requests sent so far by kind. */
export interface Flood extends AsyncDisposable {
  readonly sent: Readonly<Record<string, number>>
}

const MiB = 1024 * 1024

/** The number of connections opened at a time; more would hit limits of the machine instead of the server. */
const OPENED_AT_A_TIME = 200
const PAUSE_MS = 20

/** Sends all kinds of load that a server must withstand until disposed of; closed connections are reopened. */
export async function flood(target: Flooded): Promise<Flood> {
  const sent: Record<string, number> = {}
  const stopping = new AbortController()
  const { signal } = stopping
  const count = (kind: string) => void (sent[kind] = (sent[kind] ?? 0) + 1)
  const work = [
    keepOpen(target, count, signal),
    repeat(signal, () => call(target, flatJson).then(() => count('huge JSON'))),
    repeat(signal, () => call(target, deepJson).then(() => count('deep JSON'))),
    repeat(signal, () => putManifest(target, tooLarge).then(() => count('4 MiB + 1 manifests'))),
    repeat(signal, () => putManifest(target, deepManifest).then(() => count('deep manifests'))),
  ]
  return {
    sent,
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await Promise.all(work)
    },
  }
}

const flatJson = Buffer.from(`{"repositoryNames":[${'[],'.repeat(8 * MiB)}[]]}`)
const deepJson = Buffer.from('['.repeat(16 * MiB))
const tooLarge = Buffer.alloc(4 * MiB + 1, ' ')
const deepManifest = Buffer.from('['.repeat(4 * MiB))

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function repeat(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await work().catch(() => {})
    await pause(PAUSE_MS)
  }
}

/** A call that any client with the default access key can send. */
function call({ endpoint }: Flooded, body: Buffer): Promise<void> {
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.DescribeRepositories',
  }
  const { host } = new URL(endpoint)
  const wanted = { service: 'ecr', region: 'us-east-1', method: 'POST', path: '/', host, headers, body }
  const signed = aws4.sign(wanted, { accessKeyId: 'test', secretAccessKey: 'test' })
  return send(endpoint, 'POST', signed.headers as Record<string, string>, body)
}

const putManifest = ({ registry, repository, authorization }: Flooded, body: Buffer) =>
  send(
    `http://${registry}/v2/${repository}/manifests/flood`,
    'PUT',
    { authorization, 'content-length': String(body.length) },
    body,
  )

/** Resolves when an answer has arrived and the connection is closed; rejects if the server closes it earlier. */
function send(url: string, method: string, headers: Record<string, string>, body: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const req = request(url, { method, headers: { ...headers, connection: 'close' }, agent: false })
    req.on('error', reject)
    req.on('response', (res) => res.resume().on('close', resolve).on('error', reject))
    req.end(body)
  })
}

/** Keeps the required number of connections open and sends a few bytes on each from time to time. */
async function keepOpen(target: Flooded, count: (kind: string) => void, signal: AbortSignal): Promise<void> {
  const open = new Set<Slow>()
  for (let opened = 0; !signal.aborted; await pause(PAUSE_MS)) {
    for (let more = OPENED_AT_A_TIME; more > 0 && open.size < target.connections; more--) {
      const slow = openSlow(target, opened++, count)
      open.add(slow)
      slow.socket.once('close', () => open.delete(slow))
    }
    if (opened % 5 === 0) for (const slow of open) slow.goOn()
  }
  for (const { socket } of open) socket.destroy()
}

interface Slow {
  readonly socket: Socket
  goOn(): void
}

const kinds = ['silent connections', 'slow headers', 'slow bodies'] as const

function openSlow({ endpoint, registry }: Flooded, index: number, count: (kind: string) => void): Slow {
  const kind = kinds[index % kinds.length] ?? 'silent connections'
  const { hostname, port } = new URL(index % 2 === 0 ? endpoint : `http://${registry}`)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {}).resume()
  socket.once('connect', () => {
    count(kind)
    if (kind === 'slow headers') socket.write('POST / HTTP/1.1\r\nhost: localhost\r\nx-slow: ')
    if (kind === 'slow bodies') socket.write('POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 30000000\r\n\r\n')
  })
  return {
    socket,
    goOn() {
      if (kind === 'silent connections' || socket.connecting || !socket.writable) return
      socket.write(kind === 'slow headers' ? 'x' : Buffer.alloc(1024))
    },
  }
}
