import type { Accounts } from '../access/credentials.js'
import type { ConfiguredOrganization } from '../access/organization.js'
import type { Seed } from '../seed/seed.js'
import type { ListenAddress } from '../localstack/listen-addresses.js'
import { defaultLimits, type Limits } from '../server/limits.js'
import { defaultImageSettings, type ImageSettings } from '../registry/images/image-settings.js'
import type { ConfiguredUpstream } from '../registry/cache-rules/configured-upstream.js'
import type { DockerHubLibrary, PullThroughSettings } from '../registry/cache-rules/cache-rule.js'
import { defaultLifecycle, type LifecycleSettings } from '../registry/lifecycle/lifecycle-policy.js'
import { defaultEventSettings, type EventSettings } from '../registry/event-settings.js'
import { defaultQuotas, type Quotas } from '../registry/quotas.js'
import { defaultScanner, type ScannerSettings } from '../registry/scanning/scanner-settings.js'

/** All settings, merged from flags, environment, configuration file and defaults. */
export interface Config extends ScannerSettings {
  /** Address both planes listen on. */
  readonly host: string
  /** The port of both planes, or of the control plane if the data plane has its own; 0 picks a free one. */
  readonly port: number
  /** The data plane's own port; 0 picks a free one. Undefined: it shares the control plane's. */
  readonly registryPort: number | undefined
  /** Where the control plane, or both planes on one port, listens in addition to `host` and `port`. */
  readonly furtherAddresses: readonly ListenAddress[]
  /** Directory of the embedded store, of blobs on disk, and of temporary files. */
  readonly dataDir: string
  /** Where state is stored: `embedded` is LMDB in `dataDir`. */
  readonly store: 'embedded' | 'memory' | RedisUrl
  /** Where blobs are stored: `disk` is `dataDir`, or memory if state is in memory. */
  readonly blobs: 'disk' | `s3://${string}`
  /** How clients get layers that are in S3: by a redirect to it, or through the data plane. */
  readonly blobDelivery: 'redirect' | 'stream'
  /** Signs tokens, URLs and requests between planes; undefined: generated once and stored in `dataDir`. */
  readonly secret: string | undefined
  /** Required by the admin endpoints; undefined: they are open on loopback and absent elsewhere. */
  readonly adminToken: string | undefined
  /** Names at which the console may call the API, beside `localhost` and IP addresses. */
  readonly consoleHosts: readonly string[]
  /** Address of the data plane for a control plane in a process of its own; undefined: `host` at `registryPort`. */
  readonly dataPlane: `http://${string}` | `https://${string}` | undefined
  /** PEM files of a certificate chain and its key, for https on both planes; both or neither. */
  readonly tlsCert: string | undefined
  readonly tlsKey: string | undefined
  /** The file that every event is appended to. */
  readonly eventsFile: string | undefined
  /** EventBridge's address, also from AWS_ENDPOINT_URL_EVENTS; undefined: nothing is sent there. */
  readonly eventBridgeEndpoint: string | undefined
  readonly log: 'silent' | 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace'
  /** Directory of LocalStack's init scripts; that of its containers need not exist. */
  readonly initDir: string
  /**
   * Host of repository URIs, with `{account}`, `{region}` and `{port}` to be filled in; undefined: the host of the
   * request.
   */
  readonly registryHost: string | undefined
  /** Whether both planes are also reached by the names of AWS's endpoints, over TLS on port 443. */
  readonly realNames: boolean
  /** A Region that has real names before anything is stored in it, also from AWS_REGION. */
  readonly awsRegion: string | undefined
  /** Relaxed: any access key is an administrator's, and signatures are not checked. */
  readonly auth: 'strict' | 'relaxed'
  /** How far a signature's time may be from the machine's. */
  readonly signatures: { readonly maxSkewSeconds: number }
  /** Allows pulls without credentials: all with `relaxed`, otherwise those that a policy allows to `*`. */
  readonly anonymousPull: boolean
  /** If they define no access key, access key `test` of the default account exists. */
  readonly accounts: Accounts | undefined
  /** The organization that the accounts belong to. */
  readonly organization: ConfiguredOrganization | undefined
  /** What registries hold from the start on. */
  readonly seed: Seed | undefined
  /** Where upstream hosts are; without an entry a host is at `https://<host>`. */
  readonly upstreams: Readonly<Record<string, ConfiguredUpstream>>
  /** The API of Secrets Manager for secrets that the accounts do not have; undefined: there are no others. */
  readonly secretsManagerEndpoint: string | undefined
  readonly network: { readonly egress: 'all' | 'none' }
  /** How much a registry may hold. */
  readonly quotas: Quotas
  readonly images: ImageSettings
  readonly lifecycle: LifecycleSettings
  readonly garbage: {
    /** How long unreferenced layers, blobs and uploads are retained after their last use. */
    readonly graceSeconds: number
    readonly sweepIntervalSeconds: number
  }
  readonly events: EventSettings
  /** The limits of each plane of a process. */
  readonly limits: Limits
  readonly pullThroughCache: PullThroughSettings & {
    /** Regions in which cache rules cannot be created. */
    readonly unsupportedRegions: readonly string[]
    readonly dockerHubLibrary: DockerHubLibrary
  }
}

/** One Redis, the masters its sentinels watch, or a cluster. */
export type RedisUrl = `${'redis' | 'rediss' | 'redis-sentinel' | 'redis-cluster'}://${string}`

/** The defaults. The published schema states them for editors. */
export const defaultConfig: Config = {
  host: '127.0.0.1',
  port: 4566,
  registryPort: undefined,
  furtherAddresses: [],
  dataDir: '.ecr-local',
  store: 'embedded',
  blobs: 'disk',
  blobDelivery: 'redirect',
  secret: undefined,
  adminToken: undefined,
  consoleHosts: [],
  dataPlane: undefined,
  tlsCert: undefined,
  tlsKey: undefined,
  eventsFile: undefined,
  eventBridgeEndpoint: undefined,
  log: 'info',
  initDir: '/etc/localstack/init',
  registryHost: undefined,
  realNames: false,
  awsRegion: undefined,
  auth: 'strict',
  signatures: { maxSkewSeconds: 300 },
  anonymousPull: false,
  accounts: undefined,
  organization: undefined,
  seed: undefined,
  upstreams: {},
  secretsManagerEndpoint: undefined,
  network: { egress: 'all' },
  quotas: defaultQuotas,
  images: defaultImageSettings,
  lifecycle: defaultLifecycle,
  ...defaultScanner,
  garbage: { graceSeconds: 3600, sweepIntervalSeconds: 3600 },
  events: defaultEventSettings,
  limits: defaultLimits,
  pullThroughCache: {
    checkIntervalSeconds: 86_400,
    retryIntervalSeconds: 900,
    unsupportedRegions: ['cn-north-1', 'cn-northwest-1', 'us-gov-east-1', 'us-gov-west-1'],
    dockerHubLibrary: 'explicit',
  },
}

/** The content of a valid configuration file, and what a program may give in its place. */
export type Settings = Partial<Omit<Config, Nested>> & {
  readonly [Name in Nested]?: Partial<Config[Name]>
}

/** Settings whose members have their own defaults. */
type Nested =
  'signatures' | 'network' | 'quotas' | 'images' | 'lifecycle' | 'garbage' | 'events' | 'limits' | 'pullThroughCache'
