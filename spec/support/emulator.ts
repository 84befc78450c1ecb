import { ECRClient, type ECRClientConfig } from '@aws-sdk/client-ecr'
import type { AddressInfo } from 'node:net'
import type { Accounts } from '../../src/access/credentials.js'
import { configuredJwks } from '../../src/adapters/configured/configured-jwks.js'
import { memoryBlobStore } from '../../src/adapters/memory/blob-store.js'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { randomIds } from '../../src/adapters/system/random-ids.js'
import { controlPlane, type ControlPlaneServerDeps } from '../../src/control-plane/server.js'
import { pinnedBlobs } from '../../src/upkeep/pinned-blobs.js'
import { storedPins } from '../../src/upkeep/stored-pins.js'
import { keyedMutex } from '../../src/coordination/keyed-mutex.js'
import { pullTimeRecorder } from '../../src/registry/images/record-pull.js'
import { leasesOn } from '../../src/coordination/leases/leases.js'
import type { Store } from '../../src/registry/ports/store.js'
import { defaultImageSettings } from '../../src/registry/images/image-settings.js'
import { defaultQuotas } from '../../src/registry/quotas.js'
import type { RegistryAddress } from '../../src/registry/registry-address.js'
import { planeServer, type PlaneServerDeps } from '../../src/server/listener.js'
import { storeOf } from '../../src/store/store-of.js'
import { noDisk } from '../../src/registry/ports/disk-space.js'
import { registryTotals } from '../../src/upkeep/installation-totals.js'
import { consoleDirectory } from '../../src/console-directory.js'
import { holdingsByRule, rulesOfRegistries } from '../../src/upkeep/rule-holdings.js'
import { accessFor } from './access.js'
import { telling } from './telling.js'
import type { BlobStore } from '../../src/registry/ports/blob-store.js'
import { silent } from './silent-log.js'

/** The account, Region and time that the control plane specs use. */
export const account = '123456789012'
export const region = 'us-east-1'
export const now = new Date('2026-01-02T03:04:05.678Z')
/** The default settings of an emulator; a spec spreads them and overrides what it tests. */
export const settings = {
  registryAddress: (): RegistryAddress => ({ scheme: 'http', host: 'localhost:4510' }),
  upstreamHosts: [] as string[],
  unsupportedRegions: ['cn-north-1', 'cn-northwest-1', 'us-gov-east-1', 'us-gov-west-1'],
  principalsAreChecked: true,
  checks: { checkIntervalSeconds: 86_400, retryIntervalSeconds: 900 },
  secret: 'a secret both planes hold',
  egress: 'all' as 'all' | 'none',
}
/** How long, in seconds, the sweep keeps unused data that was accessed recently. */
export const graceSeconds = 3600

/** The parts in which a spec differs from the default. */
export interface EmulatorOptions extends Partial<Omit<ControlPlaneServerDeps & PlaneServerDeps, 'blobs'>> {
  /** Specs look at more of it than the control plane does. */
  blobs?: BlobStore
  /** The configured accounts; by default, one whose `developer` has every permission in ECR. */
  accounts?: Accounts
}

/** Starts a control plane with a stopped clock and predictable ids, and an SDK client for it. */
export async function startEmulator({ accounts, ...overrides }: EmulatorOptions = {}) {
  const deps = { ...newDeps(accounts, overrides.store), ...overrides }
  const server = planeServer(deps, controlPlane(deps)).listen(0, '127.0.0.1')
  await new Promise((ready) => server.once('listening', ready))

  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const clientWith = (credentials: ECRClientConfig['credentials'], inRegion = region) =>
    new ECRClient({ endpoint, region: inRegion, credentials, maxAttempts: 1 })

  return {
    endpoint,
    deps,
    clientWith,
    /** A client with this access key; the secret of every key in specs is `secret`. */
    as: (accessKeyId: string, inRegion = region) => clientWith({ accessKeyId, secretAccessKey: 'secret' }, inRegion),
    ecr: clientWith({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }),
    [Symbol.asyncDispose]: async () => void server.close(),
  }
}

function newDeps(accounts?: Accounts, store: Store = storeOf(memoryKeyValue())) {
  let count = 0
  let time = now
  const clock = {
    now: async () => time,
    wall: () => new Date(),
    advance: async (seconds: number) => (time = new Date(time.getTime() + seconds * 1000)),
  }
  const pins = storedPins({ store, clock, graceSeconds })
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
    importer: { pull: unavailable, importImage: unavailable, refreshReferrers: unavailable },
    secrets: { get: async () => undefined },
    identityProviderKeys: configuredJwks,
    ruleUpstreams: { of: unavailable },
    settings,
    quotas: defaultQuotas,
    images: defaultImageSettings,
    secret: settings.secret,
    auth: 'strict' as const,
    maxSkewSeconds: 300,
    adminAllowed: true,
    consoleDirectory,
    consoleHosts: new Set<string>(),
    about: { plane: 'control' as const, version: '0.0.0', store: 'memory', auth: 'strict' as const },
    processFacts: () => ({
      version: '0.0.0',
      pid: 1,
      startedAt: new Date(),
      planes: ['control-plane'],
      endpoint: 'http://localhost:4566',
      registry: 'localhost:4510',
      store: 'memory',
      blobStorage: 'memory',
      auth: 'strict',
      warnings: [],
    }),
    totalOfBlobs: async () => undefined,
    totalsOfRegistries: () => registryTotals(store),
    rulesOfRegistries: () => rulesOfRegistries(store),
    holdingsByRule: () => holdingsByRule(store),
    measureDisk: noDisk,
    ...telling,
  }
}

function unavailable(): never {
  throw new Error('this spec runs the control plane alone')
}
