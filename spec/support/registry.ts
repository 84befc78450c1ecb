import { request as httpRequest, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { ownAccountOnly } from '../../src/access/authorize.js'
import { issueToken, TOKEN_LIFETIME_MS } from '../../src/access/token.js'
import { memoryBlobStore } from '../../src/adapters/memory/blob-store.js'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import type { DataPlaneDeps } from '../../src/data-plane/call.js'
import { pullThrough } from '../../src/data-plane/cache/pull-through.js'
import { dataPlane } from '../../src/data-plane/server.js'
import { newRepository, type Repository } from '../../src/registry/repository.js'
import { storeOf } from '../../src/registry/store.js'
import { type AddedImage, digestOf, type ImageOptions, makeImage, type Manifest } from './upstream-content.js'

/** The registry and time every spec of the data plane works in. */
export const registry = { account: '123456789012', region: 'us-east-1' }
export const startedAt = new Date('2026-01-02T03:04:05.678Z')
const principal = { arn: 'arn:aws:iam::123456789012:user/developer', account: '123456789012', userId: 'AIDAEXAMPLE' }

/** An answer as it came over the wire: nothing decoded, nothing followed. */
export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
}

export interface RequestOptions {
  headers?: Record<string, string>
  body?: Buffer | string | Readable
}

/** A running data plane with a clock that stands still, counted ids and no cache rules, and a client without manners. */
export async function startRegistry(overrides: Partial<DataPlaneDeps> = {}) {
  const deps = { ...newDeps(), ...overrides }
  const plane = { ...deps, pullThrough: overrides.pullThrough ?? pullThroughOf(deps) }
  const server = dataPlane(plane).listen(0, '127.0.0.1')
  await new Promise((ready) => server.once('listening', ready))
  const { port } = server.address() as AddressInfo

  const tokenOf = (holder = principal, account = registry.account) => {
    const expiresAt = startedAt.getTime() + TOKEN_LIFETIME_MS
    const grant = { principal: holder, registry: { ...registry, account }, expiresAt }
    return basic(issueToken(grant, deps.secret))
  }
  const open = (method: string, path: string, headers: Record<string, string> = {}): ClientRequest =>
    httpRequest({
      host: '127.0.0.1',
      port,
      method,
      path,
      agent: false,
      headers: { authorization: tokenOf(), ...headers },
    })
  const send = (method: string, path: string, { headers, body }: RequestOptions = {}): Promise<Answer> =>
    exchange(open(method, path, headers), body)
  const createRepository = (name: string, settings: Partial<Repository> = {}) =>
    deps.store.repositories.insert(registry, name, newRepository(name, startedAt, settings))

  return {
    deps: plane,
    server,
    port,
    host: `127.0.0.1:${port}`,
    tokenOf,
    open,
    send,
    createRepository,
    pushBlob: (repository: string, bytes: Buffer, digest = digestOf(bytes)) =>
      send('POST', `/v2/${repository}/blobs/uploads/?digest=${digest}`, { body: bytes }),
    putManifest: (repository: string, { bytes, mediaType, digest }: Manifest, reference = digest) =>
      send('PUT', `/v2/${repository}/manifests/${reference}`, { headers: { 'content-type': mediaType }, body: bytes }),
    async push(repository: string, options: ImageOptions = {}): Promise<AddedImage> {
      const { image, blobs } = makeImage(options)
      for (const blob of blobs) await this.pushBlob(repository, blob)
      const { status, body } = await this.putManifest(repository, image, options.tag)
      if (status !== 201) throw new Error(`push failed: ${status} ${body.toString()}`)
      return image
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

export type RunningRegistry = Awaited<ReturnType<typeof startRegistry>>

/** Basic credentials as `docker login --username AWS` sends them. */
export const basic = (token: string, user = 'AWS') => `Basic ${Buffer.from(`${user}:${token}`).toString('base64')}`

/** The one error of a refusal. */
export const errorIn = ({ body }: Answer): { code: string; message: string } => {
  const { errors } = JSON.parse(body.toString()) as { errors: [{ code: string; message: string }] }
  return errors[0]
}

/** Sends the body, if any, and reads the whole answer; one that comes before the body is sent counts too. */
export function exchange(req: ClientRequest, body?: RequestOptions['body']): Promise<Answer> {
  return new Promise((resolve, reject) => {
    req.once('error', reject)
    req.once('response', (res) => {
      req.off('error', reject)
      req.on('error', () => {})
      read(res).then((bytes) => resolve({ status: res.statusCode ?? 0, headers: res.headers, body: bytes }), reject)
    })
    if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) req.end(body)
    else body.pipe(req)
  })
}

async function read(res: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of res) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function newDeps() {
  let count = 0
  let time = startedAt
  const advance = async (seconds: number) => (time = new Date(time.getTime() + seconds * 1000))
  return {
    store: storeOf(memoryKeyValue()),
    blobs: memoryBlobStore(),
    clock: { now: async () => time, wall: () => new Date(), advance },
    ids: { uuid: () => `00000000-0000-4000-8000-${String(++count).padStart(12, '0')}` },
    log: { trace() {}, debug() {}, info() {}, warn() {}, error() {} },
    authorize: ownAccountOnly,
    secret: 'a secret both planes hold',
    about: { version: '0.0.0', store: 'memory' },
  }
}

function pullThroughOf(deps: Omit<DataPlaneDeps, 'pullThrough'>) {
  return pullThrough({
    ...deps,
    settings: { checkIntervalSeconds: 86_400, retryIntervalSeconds: 900, egress: 'all' },
    secrets: { get: async () => undefined },
    upstreams: { of: () => unreachable(), close: async () => {} },
    recordEvent: async () => {},
  })
}

function unreachable(): never {
  throw new Error('this spec has no upstream')
}
