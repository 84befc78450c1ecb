import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { request } from 'undici'
import type { Accounts } from '../../src/access/credentials.js'
import { issueToken, TOKEN_LIFETIME_MS } from '../../src/access/token.js'
import { filesystemBlobStore } from '../../src/adapters/filesystem/blob-store.js'
import type { UpstreamLimits } from '../../src/adapters/http/limits.js'
import { httpUpstreams } from '../../src/adapters/http/upstream.js'
import { verifiedBlobs } from '../../src/adapters/memory/verified-blobs.js'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { randomIds } from '../../src/adapters/system/random-ids.js'
import { pullThrough } from '../../src/data-plane/cache/pull-through.js'
import { pullSessions } from '../../src/data-plane/pull-sessions.js'
import { dataPlane } from '../../src/data-plane/server.js'
import { keptBlobs } from '../../src/registry/garbage/kept-blobs.js'
import { touchesOn } from '../../src/registry/garbage/touches.js'
import { eventLog } from '../../src/registry/event-log.js'
import type { CacheEvent, PullEvent } from '../../src/registry/events.js'
import { mediaTypes } from '../../src/registry/manifest.js'
import type { Wait } from '../../src/registry/limits/admission.js'
import type { BlobStore } from '../../src/registry/ports/blob-store.js'
import type { Secrets } from '../../src/registry/ports/secrets.js'
import { keyOf, type Store } from '../../src/registry/ports/store.js'
import type { PullThroughCacheRule } from '../../src/registry/pull-through.js'
import { defaultQuotas, type Quotas } from '../../src/registry/quotas.js'
import { installation } from '../../src/registry/registry.js'
import { leasesOn, type LeaseDeps } from '../../src/registry/leases.js'
import type { Limits } from '../../src/registry/limits/limits.js'
import type { Log } from '../../src/registry/ports/log.js'
import type { Principal } from '../../src/registry/principal.js'
import type { RequestContext } from '../../src/registry/request-context.js'
import { storeOf } from '../../src/registry/store.js'
import { accessFor } from './access.js'
import { telling } from './telling.js'
import { silent } from './silent-log.js'

export const registry = { account: '111122223333', region: 'us-east-1' }
export const principal = { arn: 'arn:aws:iam::111122223333:user/dev', account: registry.account, userId: 'AIDAEXAMPLE' }
const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'ecr:*', Resource: '*' }] }
const ownAccounts: Accounts = { [registry.account]: { users: { dev: { policies: [everything] } } } }
const secret = 'both planes hold this'
/** Retries without waiting: how long they wait is the upstream client's own specs' matter. */
const impatient: Partial<UpstreamLimits> = {
  firstDelayMs: 1,
  longestDelayMs: 2,
  idleTimeoutMs: 1000,
  resolveMs: 2000,
  answerMs: 5000,
}

export interface CacheOptions {
  /** Upstream host to endpoint. */
  upstreams: Record<string, string>
  egress?: 'all' | 'none'
  limits?: Partial<UpstreamLimits>
  secrets?: Secrets
  /** What the data plane takes on. */
  planeLimits?: Partial<Limits>
  log?: Log
  /** Whose policies apply; unless said, the user `dev` may do everything. */
  accounts?: Accounts
  /** State and blobs of an earlier cache, for restarts. */
  store?: Store
  root?: string
  /** Where blobs are kept instead of `root`. */
  blobs?: BlobStore
  /** How soon an owner of a lease is given up for dead. */
  leasePatience?: Pick<LeaseDeps, 'beatMs' | 'deadAfterMs' | 'lookMs'>
  /** How long the sweep leaves alone what was touched. */
  graceSeconds?: number
  quotas?: Quotas
}

/** A data plane with its cache, on a free port: memory for state, real files for blobs, a clock that is moved by hand. */
export async function startCache(options: CacheOptions) {
  const {
    upstreams,
    egress = 'all',
    limits,
    secrets = noSecrets,
    log = silent,
    accounts = ownAccounts,
    graceSeconds = 3600,
    planeLimits = {},
    leasePatience = {},
    quotas = defaultQuotas,
    ...kept
  } = options
  let time = Date.parse('2026-01-02T03:04:05.000Z')
  const clock = {
    now: async () => new Date(time),
    wall: () => new Date(),
    advance: async (seconds: number) => new Date((time += seconds * 1000)),
  }
  const store = kept.store ?? storeOf(memoryKeyValue())
  const root = kept.root ?? (await mkdtemp(join(tmpdir(), 'ecr-local-')))
  const ids = randomIds
  const touches = touchesOn({ store, clock, graceSeconds })
  const blobs = keptBlobs(
    kept.blobs ?? verifiedBlobs(filesystemBlobStore({ root, ids }), { log, hashesWhatIsSent: true }),
    touches,
  )
  const leases = leasesOn({ store, ids, log, ...leasePatience })
  const endpoints = Object.fromEntries(Object.entries(upstreams).map(([host, endpoint]) => [host, { endpoint }]))
  const client = httpUpstreams({ endpoints, clock, limits: { ...impatient, ...limits } })
  const settings = { checkIntervalSeconds: 86_400, retryIntervalSeconds: 900, egress }
  const shared = {
    ...accessFor({ accounts, store }),
    store,
    blobs,
    touches,
    leases,
    clock,
    ids,
    log,
    secrets,
    upstreams: client,
    quotas,
    ...telling,
  }
  const events = eventLog({ store, ids })
  const sessions = pullSessions({ log, recordPull: events.pull })
  const cache = pullThrough({ ...shared, settings, recordEvent: events.cacheAction })
  const about = { version: '0.0.0', store: 'memory', auth: 'strict' as const }
  const server = dataPlane({
    ...{ ...shared, secret, about, maxSkewSeconds: 300 },
    limits: { ...telling.limits, ...planeLimits },
    ...{ auth: 'strict', anonymousPull: false, pullThrough: cache, pullSessions: sessions },
  }).listen(0, '127.0.0.1')
  await new Promise((ready) => server.once('listening', ready))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const token = (holder: Principal) =>
    issueToken({ principal: holder, registry, expiresAt: time + TOKEN_LIFETIME_MS }, secret)

  const close = async () => {
    cache.stop()
    server.closeAllConnections()
    server.close()
    await client.close()
    await cache.resume()
    leases.stop()
  }
  return {
    ...{ url, store, blobs, leases, clock, cache, root, close },
    /** What a client that logged in a moment ago sends along. */
    authorization: () => basic(token(principal)),
    /** One request as a client with a fresh token makes it; the body is not read. */
    ask: (path: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET', holder = principal) =>
      request(`${url}/v2/${path}`, {
        method,
        headers: { accept: accepted, ...headers, authorization: basic(token(holder)) },
      }),
    addRule: (rule: Partial<PullThroughCacheRule> & { ecrRepositoryPrefix: string; upstreamRegistryUrl: string }) =>
      store.rules.put(registry, rule.ecrRepositoryPrefix, {
        upstreamRepositoryPrefix: 'ROOT',
        createdAt: time,
        updatedAt: time,
        ...rule,
      }),
    image: (repository: string, digest: string) => store.images.get(registry, keyOf(repository, digest)),
    /** What the cache did. */
    events: async (): Promise<CacheEvent['detail'][]> =>
      (await store.events.list(installation, { limit: 1000 })).items.flatMap((event) =>
        event['detail-type'] === 'ECR Pull Through Cache Action' ? [event.detail] : [],
      ),
    /** The pulls so far, each of them taken to be over. */
    pulls: async (): Promise<PullEvent['detail'][]> => {
      await sessions.close()
      return (await store.events.list(installation, { limit: 1000 })).items.flatMap((event) =>
        event['detail-type'] === 'ecr-local Image Pull' ? [event.detail] : [],
      )
    },
    /** A forced refresh, as BatchImportUpstreamImage hands it over. */
    importImage: (repository: string, imageTag: string) =>
      cache.importImage({ registry, repository, imageId: { imageTag }, principal, request: requestContext }, unbounded),
    /** Resolves when everything that was planned is here. */
    settled: () => cache.resume(),
    [Symbol.asyncDispose]: async () => {
      await close()
      // A client has its last byte before the blob is durable: a commit may still be under way.
      await rm(root, { recursive: true, force: true, maxRetries: 10 })
    },
  }
}

/** For what a spec has the cache do without a request: nothing bounds how many wait. */
export const unbounded: Wait = (work) => work()

/** What is known of a request a spec makes by hand. */
export const requestContext: RequestContext = {
  ...{ requestId: '00000000-0000-4000-8000-000000000000', at: Date.parse('2026-01-02T03:04:05.000Z') },
  ...{ sourceIp: '127.0.0.1', userAgent: 'spec', isSecure: false, isFips: false },
}

const noSecrets: Secrets = { get: async () => undefined }
const accepted = Object.values(mediaTypes).join(', ')
const basic = (token: string) => `Basic ${Buffer.from(`AWS:${token}`).toString('base64')}`
