import type { RedisOptions } from 'ioredis'

/** The address of Redis, as parsed from `--store`. */
export type Address =
  | { readonly kind: 'standalone'; readonly options: RedisOptions }
  | { readonly kind: 'sentinel'; readonly options: RedisOptions }
  | { readonly kind: 'cluster'; readonly nodes: readonly HostAndPort[]; readonly options: RedisOptions }

interface HostAndPort {
  readonly host: string
  readonly port: number
}

/** The parts of a store URL. */
export interface StoreUrl {
  readonly address: Address
  /** The number of replicas that must have received a write before it is acknowledged. */
  readonly wait: number
}

/** The login ends at the last `@`, so that a password that contains one is not mistaken for a host. */
const FORM =
  /^(?<scheme>redis|rediss|redis-sentinel|redis-cluster):\/\/(?:(?<login>.*)@)?(?<hosts>[^/?@]+)(?:\/(?<path>[^?@]*))?(?:\?(?<query>[^@]*))?$/s

const DEFAULT_PORTS = { redis: 6379, rediss: 6379, 'redis-sentinel': 26379, 'redis-cluster': 6379 } as const

const LAST_PORT = 65_535

/**
 * Parses a store URL: `redis://host:6379/0`, `rediss://user:password@host:6379/0`,
 * `redis-sentinel://a:26379,b:26379/mymaster` or `redis-cluster://a:7000,b:7001`, each optionally followed by
 * `?wait=<replicas>`. Throws errors of one line that do not contain the password.
 */
export function readStoreUrl(url: string): StoreUrl {
  const parts = FORM.exec(url)?.groups as Parts | undefined
  if (!parts)
    throw invalidUrl('it must begin with redis://, rediss://, redis-sentinel:// or redis-cluster:// and name a host')
  if (/[/?#@]/.test(parts.login ?? '')) throw invalidUrl('/, ?, # and @ in user and password must be percent-encoded')
  const hosts = parts.hosts.split(',').map((host) => hostAndPort(host, DEFAULT_PORTS[parts.scheme]))
  return { address: addressOf(parts, hosts), wait: waitIn(parts.query) }
}

interface Parts {
  readonly scheme: keyof typeof DEFAULT_PORTS
  readonly login?: string
  readonly hosts: string
  readonly path?: string
  readonly query?: string
}

function addressOf({ scheme, path = '', ...rest }: Parts, hosts: readonly HostAndPort[]): Address {
  const login = loginIn(rest.login)
  if (scheme === 'redis-cluster') {
    if (path !== '' && path !== '0') throw invalidUrl('a cluster has only database 0')
    return { kind: 'cluster', nodes: hosts, options: login }
  }
  if (scheme === 'redis-sentinel') {
    const [name = '', database = ''] = path.split('/')
    if (name === '') throw invalidUrl("the master's name is missing, as in redis-sentinel://a:26379,b:26379/mymaster")
    const options = { sentinels: [...hosts], name, failoverDetector: true, ...login, db: databaseIn(database) }
    return { kind: 'sentinel', options }
  }
  const [first, ...more] = hosts
  if (!first || more.length > 0) throw invalidUrl('several hosts need redis-sentinel:// or redis-cluster://')
  return {
    kind: 'standalone',
    options: { ...first, ...login, db: databaseIn(path), ...(scheme === 'rediss' && { tls: {} }) },
  }
}

function loginIn(login = ''): Pick<RedisOptions, 'username' | 'password'> {
  const [, user = '', password] = /^([^:]*)(?::(.*))?$/s.exec(login) ?? []
  return {
    ...(user !== '' && { username: decoded(user) }),
    ...(password !== undefined && { password: decoded(password) }),
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalidUrl('a % in user or password must be written as %25')
  }
}

function hostAndPort(text: string, defaultPort: number): HostAndPort {
  const { host, port = defaultPort } = /^(?<host>\[[^\]]+\]|[^:[\]]+)(?::(?<port>\d{1,5}))?$/.exec(text)?.groups ?? {}
  if (host === undefined) throw invalidUrl(`${text} is not a host with an optional port`)
  if (Number(port) > LAST_PORT) throw invalidUrl(`${port} is not a port number`)
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) }
}

function databaseIn(text: string): number {
  if (/^\d{0,5}$/.test(text)) return Number(text)
  throw invalidUrl(`the database must be a number, not ${text}`)
}

function waitIn(query = ''): number {
  const parameters = new URLSearchParams(query)
  const unknown = [...parameters.keys()].find((name) => name !== 'wait')
  if (unknown !== undefined) throw invalidUrl(`${unknown} is not a parameter: only wait is`)
  const wait = parameters.get('wait') ?? '0'
  if (/^\d$/.test(wait)) return Number(wait)
  throw invalidUrl(`wait must be a number of replicas from 0 to 9, not ${wait}`)
}

const invalidUrl = (reason: string) => new Error(`The URL in --store is not a valid Redis URL: ${reason}.`)
