import { AccountsError } from '../access/accounts-error.js'
import type { Accounts } from '../access/credentials.js'
import { identitiesIn } from '../access/identities.js'
import type { ConfiguredOrganization } from '../access/organization.js'
import { ecrHost } from '../registry/cache-rules/ecr-host.js'
import type { Seed } from '../seed/seed.js'
import { localstackSettings } from '../localstack/environment.js'
import type { ListenAddress } from '../localstack/listen-addresses.js'
import { readJsonFile } from './json.js'
import { requireSeed } from './require-seed.js'
import { brokenRule } from './rules.js'
import { secretsManagerEndpoint } from './secrets-manager-endpoint.js'
import { type SettingTexts, settings } from './settings.js'
import { UsageError } from './usage-error.js'
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

const DEFAULT_FILE = 'ecr-local.json'

/**
 * Merges the settings: a flag overrides the environment, which overrides the file, which overrides the variables of
 * LocalStack and the default. Throws UsageError.
 */
export function readConfig(flags: SettingTexts, environment: NodeJS.ProcessEnv): Config {
  const variables = textsIn(environment)
  const file = readConfigFile(flags.config ?? variables.config)
  const ours = { ...file, ...valuesOf(variables, 'environment'), ...valuesOf(flags, 'flag') }
  return withDefaults({
    ...localstackSettings(environment, ours, defaultConfig),
    ...ours,
    ...endpointIn(environment),
    secretsManagerEndpoint: secretsManagerEndpoint(environment) ?? file.secretsManagerEndpoint,
    awsRegion: regionIn(environment) ?? file.awsRegion,
  })
}

/** The settings that a program gives, which must be those of a file. Throws UsageError that begins with `source`. */
export const configOf = (given: Settings, source: string): Config => withDefaults(validSettings(given, source))

function withDefaults(given: Settings): Config {
  const config = {
    ...defaultConfig,
    ...given,
    signatures: { ...defaultConfig.signatures, ...given.signatures },
    network: { ...defaultConfig.network, ...given.network },
    quotas: { ...defaultConfig.quotas, ...given.quotas },
    images: { ...defaultConfig.images, ...given.images },
    lifecycle: { ...defaultConfig.lifecycle, ...given.lifecycle },
    garbage: { ...defaultConfig.garbage, ...given.garbage },
    events: { ...defaultConfig.events, ...given.events },
    limits: { ...defaultConfig.limits, ...given.limits },
    pullThroughCache: { ...defaultConfig.pullThroughCache, ...given.pullThroughCache },
  }
  requireConsistency(config)
  return Object.freeze(config)
}

/** Rules about more than one setting, which the schema cannot express. */
function requireConsistency(config: Config): void {
  const { store, blobs, tlsCert, tlsKey, scanFindings, scanner, upstreams, realNames, port, registryPort } = config
  if (store === 'memory' && blobs !== 'disk')
    throw new UsageError(
      '--store memory keeps images in memory too: --blobs s3://… needs --store embedded or a Redis URL',
    )
  const [present, missing] = tlsKey === undefined ? ['--tls-cert', '--tls-key'] : ['--tls-key', '--tls-cert']
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new UsageError(`${present} needs ${missing}: a certificate and its key, both PEM files`)
  if (realNames && (port === 443 || registryPort === 443))
    throw new UsageError('--real-names listens on port 443 itself: choose another port for the planes')
  if (scanFindings !== undefined && scanner !== undefined)
    throw new UsageError('/scanFindings and /scanner are alternatives: findings come from a file or from a scanner')
  const notOfEcr = Object.keys(upstreams).find((host) => upstreams[host]?.local && !ecrHost(host))
  if (notOfEcr !== undefined)
    throw new UsageError(
      `/upstreams/${notOfEcr}/local is for private registries of ECR, such as 123456789012.dkr.ecr.us-east-1.amazonaws.com`,
    )
}

/** The setting that comes from the variable of every SDK. Throws UsageError if it is not an address. */
function endpointIn({ AWS_ENDPOINT_URL_EVENTS: eventBridgeEndpoint }: NodeJS.ProcessEnv): Settings {
  if (!eventBridgeEndpoint) return {}
  const broken = brokenRule({ eventBridgeEndpoint })
  if (broken) throw new UsageError(`AWS_ENDPOINT_URL_EVENTS ${broken.complaint}`)
  return { eventBridgeEndpoint }
}

/** The variables of the SDKs; empty ones count as unset. */
const regionIn = ({ AWS_REGION, AWS_DEFAULT_REGION }: NodeJS.ProcessEnv): string | undefined =>
  [AWS_REGION, AWS_DEFAULT_REGION].find(Boolean)

/** An empty variable counts as unset: that is how shells and compose files pass a missing value. */
function textsIn(environment: NodeJS.ProcessEnv): SettingTexts {
  const texts = settings.map(({ name, environment: variable }) => [name, environment[variable]] as const)
  return Object.fromEntries(texts.filter(([, value]) => value))
}

/** Converts texts of flags or variables to values and checks them against the rules of the file. */
function valuesOf(texts: SettingTexts, source: 'environment' | 'flag'): Settings {
  const entries = Object.entries(texts).filter(([name]) => name !== 'config')
  if (entries.length === 0) return {}
  const values = Object.fromEntries(entries.map(([name, text]) => [name, valueIn(name, text)]))
  const broken = brokenRule(values)
  if (!broken) return values
  const setting = settings.find(({ name }) => broken.path === `/${name}`)
  throw new UsageError(`${setting?.[source] ?? broken.path} ${broken.complaint}`)
}

const NUMBERS: ReadonlySet<string> = new Set(['port', 'registryPort'])
const SWITCHES: ReadonlySet<string> = new Set(settings.flatMap(({ name, isSwitch }) => (isSwitch ? [name] : [])))

/** The value that a text means for a setting; the text itself if it means none, which the rules then refuse. */
function valueIn(name: string, text: string): string | number | boolean {
  if (NUMBERS.has(name) && /^\d+$/.test(text)) return Number(text)
  if (SWITCHES.has(name) && /^(true|false)$/.test(text)) return text === 'true'
  return text
}

function readConfigFile(explicitPath: string | undefined): Settings {
  const path = explicitPath ?? DEFAULT_FILE
  const file = readJsonFile(path, { mayBeMissing: explicitPath === undefined })
  return file === undefined ? {} : validSettings(file, path)
}

/** Throws UsageError with the place of the first mistake, after the file or whatever the settings come from. */
function validSettings(given: unknown, source: string): Settings {
  const broken = brokenRule(given)
  if (broken) throw new UsageError(`${source}: ${broken.path || 'the whole'} ${broken.complaint}`)
  const settingsGiven = { ...(given as Settings & { $schema?: string }) }
  delete settingsGiven.$schema
  requireAccounts(settingsGiven.accounts, source)
  requireSeed(settingsGiven, source)
  return settingsGiven
}

/** Compiles policies and keys once, so that a mistake in them stops the start and is reported with its place. */
function requireAccounts(accounts: Accounts | undefined, source: string): void {
  try {
    identitiesIn(accounts)
  } catch (error) {
    if (error instanceof AccountsError) throw new UsageError(`${source}: /accounts${error.path} ${error.message}`)
    throw error
  }
}
