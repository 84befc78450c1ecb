import { request as httpRequest, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import type { Accounts } from '../../src/access/credentials.js'
import { issueToken, TOKEN_LIFETIME_MS } from '../../src/access/token.js'
import { memoryBlobStore } from '../../src/adapters/memory/blob-store.js'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { randomIds } from '../../src/adapters/system/random-ids.js'
import type { DataPlaneParts } from '../../src/data-plane/call.js'
import { pullThroughCache } from '../../src/pull-through-cache/pull-through-cache.js'
import { dataPlane } from '../../src/data-plane/server.js'
import { pinnedBlobs } from '../../src/upkeep/pinned-blobs.js'
import { storedPins } from '../../src/upkeep/stored-pins.js'
import { newRepository, type Repository } from '../../src/registry/repositories/repository.js'
import type { Principal } from '../../src/registry/principal.js'
import { keyedMutex } from '../../src/coordination/keyed-mutex.js'
import { pullTimeRecorder } from '../../src/registry/images/record-pull.js'
import { leasesOn } from '../../src/coordination/leases/leases.js'
import type { Store } from '../../src/registry/ports/store.js'
import { defaultImageSettings } from '../../src/registry/images/image-settings.js'
import { defaultQuotas } from '../../src/registry/quotas.js'
import type { Registry } from '../../src/registry/registry.js'
import { planeServer } from '../../src/server/listener.js'
import { storeOf } from '../../src/store/store-of.js'
import { ruleUpstreams } from '../../src/registry/cache-rules/rule-upstreams.js'
import { noEcr } from './cache.js'
import { telling } from './telling.js'
import { accessFor } from './access.js'
import { type AddedImage, digestOf, type ImageOptions, makeImage, type Manifest } from './upstream-content.js'
import { silent } from './silent-log.js'

/** The registry and time that the data plane specs use. */
export const registry: Registry = { account: '123456789012', region: 'us-east-1' }
export const startedAt = new Date('2026-01-02T03:04:05.678Z')
/** A user as a principal. `developer` has every permission unless the spec configures other accounts. */
export const userOf = (name: string, account = registry.account): Principal => ({
  ...{ arn: `arn:aws:iam::${account}:user/${name}`, account, userId: `AIDA${name.toUpperCase()}` },
})

/** An identity policy that allows these actions. */
export const allowing = (actions: string | string[], resource = '*') => ({
  ...{ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: resource }] },
})

/** An answer as received, without decoding and without following redirects. */
export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
}

export interface RequestOptions {
  headers?: Record<string, string>
  body?: Buffer | string | Readable
}

/** The parts in which a spec differs from the default. */
export interface RegistryOptions extends Partial<DataPlaneParts> {
  /** The accounts whose policies apply; by default, one whose `developer` has every permission. */
  accounts?: Accounts
}

/**
 * Starts a data plane with a stopped clock, predictable ids and no cache rules, and a client that sends requests
 * unaltered.
 */
export async function startRegistry({ accounts, ...overrides }: RegistryOptions = {}) {
  const deps = { ...newDeps(accounts, overrides.store), ...overrides }
  const plane = { ...deps, pullThrough: overrides.pullThrough ?? pullThroughOf(deps) }
  const server = planeServer(plane, dataPlane(plane)).listen(0, '127.0.0.1')
  await new Promise((ready) => server.once('listening', ready))
  const { port } = server.address() as AddressInfo

  const tokenOf = (principal = userOf('developer'), place: Partial<Registry> = {}) => {
    const expiresAt = startedAt.getTime() + TOKEN_LIFETIME_MS
    const grant = { principal, registry: { ...registry, ...place }, expiresAt }
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

/** The single error of a refusal. */
export const errorIn = ({ body }: Answer): { code: string; message: string } => {
  const { errors } = JSON.parse(body.toString()) as { errors: [{ code: string; message: string }] }
  return errors[0]
}

/** Sends the body, if any, and reads the whole answer, even if it arrives before the body has been sent. */
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

function newDeps(accounts?: Accounts, store: Store = storeOf(memoryKeyValue())) {
  let count = 0
  let time = startedAt
  const advance = async (seconds: number) => (time = new Date(time.getTime() + seconds * 1000))
  const clock = { now: async () => time, wall: () => new Date(), advance }
  const pins = storedPins({ store, clock, graceSeconds: 3600 })
  return {
    ...accessFor({ store, ...(accounts && { accounts }) }),
    store,
    blobs: pinnedBlobs(memoryBlobStore(), pins),
    pins,
    leases: leasesOn({ store, ids: randomIds, log: silent }),
    uploadMutex: keyedMutex(),
    recordPullTime: pullTimeRecorder(store),
    clock,
    ids: { uuid: () => `00000000-0000-4000-8000-${String(++count).padStart(12, '0')}` },
    log: silent,
    secret: 'a secret both planes hold',
    quotas: defaultQuotas,
    images: defaultImageSettings,
    maxSkewSeconds: 300,
    ...{ auth: 'strict' as const, anonymousPull: false },
    ...telling,
    about: { plane: 'data' as const, version: '0.0.0', store: 'memory', auth: 'strict' as const },
  }
}

function pullThroughOf(deps: Omit<DataPlaneParts, 'pullThrough'>) {
  return pullThroughCache({
    ...deps,
    settings: {
      checkIntervalSeconds: 86_400,
      retryIntervalSeconds: 900,
      egress: 'all',
      dockerHubLibrary: 'explicit',
    },
    ruleUpstreams: ruleUpstreams({
      secrets: { get: async () => undefined },
      upstreams: { of: () => unreachable(), close: async () => {} },
      ecr: noEcr,
    }),
    events: { cacheAction: async () => {} },
  }).cache
}

function unreachable(): never {
  throw new Error('this spec has no upstream')
}
