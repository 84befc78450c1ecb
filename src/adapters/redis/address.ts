import type { RedisOptions } from 'ioredis'

/** Where Redis is, as `--store` says it. */
export type Address =
  | { readonly kind: 'standalone'; readonly options: RedisOptions }
  | { readonly kind: 'sentinel'; readonly options: RedisOptions }
  | { readonly kind: 'cluster'; readonly nodes: readonly HostAndPort[]; readonly options: RedisOptions }

interface HostAndPort {
  readonly host: string
  readonly port: number
}

/** An address and what is wished of its writes. */
export interface StoreUrl {
  readonly address: Address
  /** Replicas that must have a write before it is acknowledged. */
  readonly wait: number
}

/** The login ends at the last `@`: a password with one in it must not be taken for a host. */
const FORM =
  /^(?<scheme>redis|rediss|redis-sentinel|redis-cluster):\/\/(?:(?<login>.*)@)?(?<hosts>[^/?@]+)(?:\/(?<path>[^?@]*))?(?:\?(?<query>[^@]*))?$/s

const DEFAULT_PORTS = { redis: 6379, rediss: 6379, 'redis-sentinel': 26379, 'redis-cluster': 6379 } as const

const LAST_PORT = 65_535

/**
 * Reads a store's URL. Throws plain errors of one line, without the password:
 * `redis://host:6379/0`, `rediss://user:password@host:6379/0`, `redis-sentinel://a:26379,b:26379/mymaster`,
 * `redis-cluster://a:7000,b:7001`, each with `?wait=<replicas>` if wanted.
 */
export function readStoreUrl(url: string): StoreUrl {
  const parts = FORM.exec(url)?.groups as Parts | undefined
  if (!parts) throw wrong('it is none of redis://, rediss://, redis-sentinel:// and redis-cluster:// with a host')
  if (/[/?#@]/.test(parts.login ?? '')) throw wrong('/, ?, # and @ in user and password are percent-encoded')
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
    if (path !== '' && path !== '0') throw wrong('a cluster has database 0 alone')
    return { kind: 'cluster', nodes: hosts, options: login }
  }
  if (scheme === 'redis-sentinel') {
    const [name = '', database = ''] = path.split('/')
    if (name === '') throw wrong("it lacks the master's name, as in redis-sentinel://a:26379,b:26379/mymaster")
    const options = { sentinels: [...hosts], name, failoverDetector: true, ...login, db: databaseIn(database) }
    return { kind: 'sentinel', options }
  }
  const [first, ...more] = hosts
  if (!first || more.length > 0) throw wrong('several hosts are redis-sentinel:// or redis-cluster://')
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
    throw wrong('a % in user or password is written %25')
  }
}

function hostAndPort(text: string, port: number): HostAndPort {
  const { host, given } = /^(?<host>\[[^\]]+\]|[^:[\]]+)(?::(?<given>\d{1,5}))?$/.exec(text)?.groups ?? {}
  if (host === undefined) throw wrong(`${text} is no host and port`)
  if (Number(given ?? port) > LAST_PORT) throw wrong(`there is no port ${given ?? port}`)
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(given ?? port) }
}

function databaseIn(text: string): number {
  if (/^\d{0,5}$/.test(text)) return Number(text)
  throw wrong(`the database is a number, not ${text}`)
}

function waitIn(query = ''): number {
  const parameters = new URLSearchParams(query)
  const unknown = [...parameters.keys()].find((name) => name !== 'wait')
  if (unknown !== undefined) throw wrong(`there is no parameter ${unknown}, only wait`)
  const wait = parameters.get('wait') ?? '0'
  if (/^\d$/.test(wait)) return Number(wait)
  throw wrong(`wait is a number of replicas, not ${wait}`)
}

const wrong = (why: string) => new Error(`The URL in --store is not one of a Redis: ${why}.`)
