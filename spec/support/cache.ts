import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { request } from 'undici'
import type { Accounts } from '../../src/access/credentials.js'
import { issueToken, TOKEN_LIFETIME_MS } from '../../src/access/token.js'
import { filesystemBlobStore } from '../../src/adapters/filesystem/blob-store.js'
import type { UpstreamLimits } from '../../src/adapters/upstream/upstream-limits.js'
import { httpUpstreams } from '../../src/adapters/upstream/http-upstreams.js'
import { verifiedBlobs } from '../../src/adapters/memory/verified-blobs.js'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { randomIds } from '../../src/adapters/system/random-ids.js'
import { pullThroughCache } from '../../src/pull-through-cache/pull-through-cache.js'
import { pullSessions } from '../../src/data-plane/pull-sessions.js'
import { dataPlane } from '../../src/data-plane/server.js'
import { pinnedBlobs } from '../../src/upkeep/pinned-blobs.js'
import { storedPins } from '../../src/upkeep/stored-pins.js'
import { eventLog } from '../../src/registry/event-log.js'
import type { CacheEvent, PullEvent } from '../../src/registry/events.js'
import { mediaTypes } from '../../src/registry/images/manifest.js'
import type { Wait } from '../../src/registry/ports/importer.js'
import type { BlobStore } from '../../src/registry/ports/blob-store.js'
import type { Secrets } from '../../src/registry/ports/secrets.js'
import { keyOf, type Store } from '../../src/registry/ports/store.js'
import { defaultImageSettings, type ImageSettings } from '../../src/registry/images/image-settings.js'
import type { DockerHubLibrary, PullThroughCacheRule } from '../../src/registry/cache-rules/cache-rule.js'
import { type EcrUpstreams, ruleUpstreams } from '../../src/registry/cache-rules/rule-upstreams.js'
import { UpstreamFailure } from '../../src/registry/ports/upstream.js'
import { defaultQuotas, type Quotas } from '../../src/registry/quotas.js'
import { installation } from '../../src/registry/registry.js'
import { keyedMutex } from '../../src/coordination/keyed-mutex.js'
import { pullTimeRecorder } from '../../src/registry/images/record-pull.js'
import { leasesOn, type LeaseDeps } from '../../src/coordination/leases/leases.js'
import type { Limits } from '../../src/server/limits.js'
import type { Log } from '../../src/registry/ports/log.js'
import type { Principal } from '../../src/registry/principal.js'
import type { RequestContext } from '../../src/registry/request-context.js'
import { planeServer } from '../../src/server/listener.js'
import { storeOf } from '../../src/store/store-of.js'
import { accessFor } from './access.js'
import { telling } from './telling.js'
import { silent } from './silent-log.js'

export const registry = { account: '111122223333', region: 'us-east-1' }
export const principal = { arn: 'arn:aws:iam::111122223333:user/dev', account: registry.account, userId: 'AIDAEXAMPLE' }
const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'ecr:*', Resource: '*' }] }
const ownAccounts: Accounts = { [registry.account]: { users: { dev: { policies: [everything] } } } }
const secret = 'both planes hold this'
/** Retries almost without delay; the specs of the upstream client cover the real delays. */
const impatient: Partial<UpstreamLimits> = {
  firstDelayMs: 1,
  longestDelayMs: 2,
  idleTimeoutMs: 1000,
  resolveMs: 2000,
  answerMs: 5000,
}

export interface CacheOptions {
  /** Maps upstream hosts to endpoints. */
  upstreams: Record<string, string>
  egress?: 'all' | 'none'
  limits?: Partial<UpstreamLimits>
  secrets?: Secrets
  /** Limits of the data plane. */
  planeLimits?: Partial<Limits>
  log?: Log
  /** The accounts whose policies apply; by default, the user `dev` has every permission. */
  accounts?: Accounts
  /** State and blobs of an earlier cache, to simulate a restart. */
  store?: Store
  root?: string
  /** Stores blobs here instead of in `root`. */
  blobs?: BlobStore
  /** The timing of leases, including when their owner is considered dead. */
  leasePatience?: Pick<LeaseDeps, 'beatMs' | 'deadAfterMs' | 'pollMs'>
  /** How long the sweep keeps unused data that was accessed recently. */
  graceSeconds?: number
  quotas?: Quotas
  images?: ImageSettings
  dockerHubLibrary?: DockerHubLibrary
}

/**
 * Starts a data plane with its cache on a free port: state in memory, blobs in real files, a clock that the spec moves.
 */
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
    images = defaultImageSettings,
    dockerHubLibrary = 'explicit',
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
  const pins = storedPins({ store, clock, graceSeconds })
  const blobs = pinnedBlobs(
    kept.blobs ?? verifiedBlobs(filesystemBlobStore({ root, ids }), { log, hashesOnSend: true }),
    pins,
  )
  const leases = leasesOn({ store, ids, log, ...leasePatience })
  const endpoints = Object.fromEntries(Object.entries(upstreams).map(([host, endpoint]) => [host, { endpoint }]))
  const client = httpUpstreams({ endpoints, clock, limits: { ...impatient, ...limits } })
  const settings = { checkIntervalSeconds: 86_400, retryIntervalSeconds: 900, egress, dockerHubLibrary }
  const shared = {
    ...accessFor({ accounts, store }),
    store,
    blobs,
    pins,
    leases,
    uploadMutex: keyedMutex(),
    recordPullTime: pullTimeRecorder(store),
    clock,
    ids,
    log,
    ruleUpstreams: ruleUpstreams({ secrets, upstreams: client, ecr: noEcr }),
    quotas,
    images,
    ...telling,
  }
  const events = eventLog({ store, ids })
  const { statistics } = telling
  const sessions = pullSessions({ log, recordPull: events.pull, statistics })
  const { cache, backlog } = pullThroughCache({ ...shared, settings, events })
  const about = { plane: 'data' as const, version: '0.0.0', store: 'memory', auth: 'strict' as const }
  const limitsOfPlane = { ...telling.limits, ...planeLimits }
  const plane = dataPlane({
    ...shared,
    secret,
    about,
    maxSkewSeconds: 300,
    limits: limitsOfPlane,
    ...{ auth: 'strict', anonymousPull: false, pullThrough: cache, pullSessions: sessions },
  })
  const server = planeServer({ limits: limitsOfPlane }, plane).listen(0, '127.0.0.1')
  await new Promise((ready) => server.once('listening', ready))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const token = (holder: Principal) =>
    issueToken({ principal: holder, registry, expiresAt: time + TOKEN_LIFETIME_MS }, secret)

  const close = async () => {
    backlog.stop()
    server.closeAllConnections()
    server.close()
    await client.close()
    await backlog.resume()
    leases.stop()
  }
  return {
    ...{ url, store, blobs, leases, clock, cache, backlog, root, close },
    /** The Authorization header of a client that has just logged in. */
    authorization: () => basic(token(principal)),
    /** Sends one request with a fresh token; the body of the answer is not read. */
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
    /** The cache's events so far. */
    events: async (): Promise<CacheEvent['detail'][]> =>
      (await store.events.list(installation, { limit: 1000 })).items.flatMap((event) =>
        event['detail-type'] === 'ECR Pull Through Cache Action' ? [event.detail] : [],
      ),
    /** The pull events so far; ends all open pull sessions first. */
    pulls: async (): Promise<PullEvent['detail'][]> => {
      await sessions.close()
      return (await store.events.list(installation, { limit: 1000 })).items.flatMap((event) =>
        event['detail-type'] === 'ecr-local Image Pull' ? [event.detail] : [],
      )
    },
    /** A forced refresh as BatchImportUpstreamImage requests it. */
    importImage: (repository: string, imageTag: string) =>
      cache.importImage({ registry, repository, imageId: { imageTag }, principal, request: requestContext }, unbounded),
    /** Resolves when the whole backlog has been imported. */
    settled: () => backlog.resume(),
    [Symbol.asyncDispose]: async () => {
      await close()
      // A client receives its last byte before the blob is durable, so a commit may still be running.
      await rm(root, { recursive: true, force: true, maxRetries: 10 })
    },
  }
}

/** Imposes no limit on waiting, for work that a spec starts without a request. */
export const unbounded: Wait = (work) => work()

/** The context of a request that a spec makes by hand. */
export const requestContext: RequestContext = {
  ...{ requestId: '00000000-0000-4000-8000-000000000000', at: Date.parse('2026-01-02T03:04:05.000Z') },
  ...{ sourceIp: '127.0.0.1', userAgent: 'spec', isSecure: false, isFips: false },
}

/** No private registry of ECR is an upstream. */
export const noEcr: EcrUpstreams = {
  inProcess: () => undefined,
  credentials: () => Promise.reject(new UpstreamFailure('unavailable', 'this spec has no private registry of ECR')),
}

const noSecrets: Secrets = { get: async () => undefined }
const accepted = Object.values(mediaTypes).join(', ')
const basic = (token: string) => `Basic ${Buffer.from(`AWS:${token}`).toString('base64')}`
