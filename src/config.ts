import { readFileSync } from 'node:fs'
import { AccountsError } from './access/accounts-error.js'
import type { Accounts } from './access/credentials.js'
import { identitiesIn } from './access/identities.js'
import type { ConfiguredOrganization } from './access/organization.js'
import { parseJson } from './config/json.js'
import { brokenRule } from './config/rules.js'
import { type Given, settings } from './config/settings.js'
import { UsageError } from './config/usage-error.js'
import { defaultLimits, type Limits } from './server/limits.js'
import type { PullThroughSettings } from './registry/cache-rules/cache-rule.js'
import { defaultQuotas, type Quotas } from './registry/quotas.js'

/** Every setting, after flags, environment, configuration file and defaults have been put together. */
export interface Config {
  /** Address both planes listen on. */
  readonly host: string
  /** Control plane's port; 0 picks a free one. */
  readonly port: number
  /** Data plane's port; 0 picks a free one. */
  readonly registryPort: number
  /** Embedded state, blobs on disk, and what is on its way to elsewhere. */
  readonly dataDir: string
  /** Where state is kept: `embedded` is LMDB in `dataDir`. */
  readonly store: 'embedded' | 'memory' | RedisUrl
  /** Where blobs are kept: `disk` is `dataDir`, or memory where state is in memory. */
  readonly blobs: 'disk' | `s3://${string}`
  /** How layers in S3 reach clients: from there, by a redirect, or through the data plane. */
  readonly blobDelivery: 'redirect' | 'stream'
  /** What tokens, URLs and requests between planes are signed with; undefined: made once and kept in `dataDir`. */
  readonly secret: string | undefined
  /** What the admin endpoints ask for; undefined: nothing, and away from loopback there are none. */
  readonly adminToken: string | undefined
  /** Where a control plane without a data plane of its own finds one; undefined: on `host` at `registryPort`. */
  readonly dataPlane: `http://${string}` | `https://${string}` | undefined
  /** PEM files of a certificate chain and its key, for https on both planes; both or neither. */
  readonly tlsCert: string | undefined
  readonly tlsKey: string | undefined
  readonly log: 'silent' | 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace'
  /** Host of repository URIs, with `{account}`, `{region}` and `{port}` to be filled in. */
  readonly registryHost: string
  /** Relaxed: any access key is an administrator's, and signatures are not checked. */
  readonly auth: 'strict' | 'relaxed'
  /** How far a signature's time may be from the machine's. */
  readonly signatures: { readonly maxSkewSeconds: number }
  /** Pulls without credentials: with `relaxed` all, else those that a policy allows to everybody. */
  readonly anonymousPull: boolean
  /** Where no access key is described there is access key `test` of the default account. */
  readonly accounts: Accounts | undefined
  /** Which the accounts are members of. */
  readonly organization: ConfiguredOrganization | undefined
  /** Where an upstream host really is; without an entry it is `https://<host>`. */
  readonly upstreams: Readonly<Record<string, { readonly endpoint: string }>>
  readonly network: { readonly egress: 'all' | 'none' }
  /** How much a registry may hold. */
  readonly quotas: Quotas
  readonly garbage: {
    /** How long what nobody refers to is kept after somebody last relied on it. */
    readonly graceSeconds: number
    readonly sweepIntervalSeconds: number
  }
  /** What is recorded for `/_admin/events` beside what the cache does. */
  readonly events: { readonly pulls: boolean }
  /** What each plane of a process takes on. */
  readonly limits: Limits
  readonly pullThroughCache: PullThroughSettings & {
    /** Where cache rules cannot be created. */
    readonly unsupportedRegions: readonly string[]
  }
}

/** One Redis, the masters its sentinels watch, or a cluster. */
export type RedisUrl = `${'redis' | 'rediss' | 'redis-sentinel' | 'redis-cluster'}://${string}`

/** What holds where nothing is said; the published schema tells editors the same. */
export const defaultConfig: Config = {
  host: '127.0.0.1',
  port: 4566,
  registryPort: 4510,
  dataDir: '.ecr-local',
  store: 'embedded',
  blobs: 'disk',
  blobDelivery: 'redirect',
  secret: undefined,
  adminToken: undefined,
  dataPlane: undefined,
  tlsCert: undefined,
  tlsKey: undefined,
  log: 'info',
  registryHost: 'localhost:{port}',
  auth: 'strict',
  signatures: { maxSkewSeconds: 300 },
  anonymousPull: false,
  accounts: undefined,
  organization: undefined,
  upstreams: {},
  network: { egress: 'all' },
  quotas: defaultQuotas,
  garbage: { graceSeconds: 3600, sweepIntervalSeconds: 3600 },
  events: { pulls: true },
  limits: defaultLimits,
  pullThroughCache: {
    checkIntervalSeconds: 86_400,
    retryIntervalSeconds: 900,
    unsupportedRegions: ['cn-north-1', 'cn-northwest-1', 'us-gov-east-1', 'us-gov-west-1'],
  },
}

/** The configuration file once it has been checked. */
type ConfigFile = Partial<Omit<Config, Nested>> & { readonly [Name in Nested]?: Partial<Config[Name]> }

/** Settings whose members have defaults of their own. */
type Nested = 'signatures' | 'network' | 'quotas' | 'garbage' | 'events' | 'limits' | 'pullThroughCache'

const DEFAULT_FILE = 'ecr-local.json'

/** Puts the settings together: flag over environment over file over default. Throws UsageError. */
export function readConfig(flags: Given, environment: NodeJS.ProcessEnv): Config {
  const variables = givenIn(environment)
  const file = readConfigFile(flags.config ?? variables.config)
  const config = {
    ...defaultConfig,
    ...file,
    ...accept(variables, 'environment'),
    ...accept(flags, 'flag'),
    signatures: { ...defaultConfig.signatures, ...file.signatures },
    network: { ...defaultConfig.network, ...file.network },
    quotas: { ...defaultConfig.quotas, ...file.quotas },
    garbage: { ...defaultConfig.garbage, ...file.garbage },
    events: { ...defaultConfig.events, ...file.events },
    limits: { ...defaultConfig.limits, ...file.limits },
    pullThroughCache: { ...defaultConfig.pullThroughCache, ...file.pullThroughCache },
  }
  requireFitting(config)
  return Object.freeze(config)
}

/** What no rule about one setting can say. */
function requireFitting({ store, blobs, tlsCert, tlsKey }: Config): void {
  if (store === 'memory' && blobs !== 'disk')
    throw new UsageError('--store memory keeps images in memory, too: --blobs s3://… wants embedded or a Redis URL')
  const [given, missing] = tlsKey === undefined ? ['--tls-cert', '--tls-key'] : ['--tls-key', '--tls-cert']
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new UsageError(`${given} is of no use without ${missing}: a certificate and its key, both PEM files`)
}

/** An empty variable is how a shell or a compose file says that it is not set. */
function givenIn(environment: NodeJS.ProcessEnv): Given {
  const given = settings.map(({ name, environment: variable }) => [name, environment[variable]] as const)
  return Object.fromEntries(given.filter(([, value]) => value))
}

/** Turns the texts of flags or variables into values, which the rules of the file judge. */
function accept(given: Given, source: 'environment' | 'flag'): ConfigFile {
  const texts = Object.entries(given).filter(([name]) => name !== 'config')
  if (texts.length === 0) return {}
  const values = Object.fromEntries(texts.map(([name, text]) => [name, NUMBERS.has(name) ? numberIn(text) : text]))
  const broken = brokenRule(values)
  if (!broken) return values
  const setting = settings.find(({ name }) => broken.path === `/${name}`)
  throw new UsageError(`${setting?.[source] ?? broken.path} ${broken.complaint}`)
}

const NUMBERS = new Set(['port', 'registryPort'])
const numberIn = (text: string) => (/^\d+$/.test(text) ? Number(text) : text)

function readConfigFile(asked: string | undefined): ConfigFile {
  const path = asked ?? DEFAULT_FILE
  const text = readText(path, asked === undefined)
  if (text === undefined) return {}
  const file = parseJson(text, path)
  const broken = brokenRule(file)
  if (broken) throw new UsageError(`${path}: ${broken.path || 'the whole'} ${broken.complaint}`)
  const settingsOfFile = { ...(file as ConfigFile & { $schema?: string }) }
  delete settingsOfFile.$schema
  requireAccounts(settingsOfFile.accounts, path)
  return settingsOfFile
}

/** Policies and keys are judged here by what uses them later, so that a fault stops the start and names its place. */
function requireAccounts(accounts: Accounts | undefined, path: string): void {
  try {
    identitiesIn(accounts)
  } catch (error) {
    if (error instanceof AccountsError) throw new UsageError(`${path}: /accounts${error.path} ${error.message}`)
    throw error
  }
}

function readText(path: string, mayBeMissing: boolean): string | undefined {
  try {
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && mayBeMissing) return undefined
    const reason = code === 'ENOENT' ? 'there is no such file' : String(code)
    throw new UsageError(`The configuration file ${path} cannot be read (${reason}): name one that can with --config`)
  }
}
