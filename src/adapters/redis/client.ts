import { Cluster, Redis, type RedisOptions } from 'ioredis'
import type { Address } from './address.js'
import { COMMIT, PAGE } from './scripts.js'

/** One server, whether or not it is found through Sentinel, or a cluster. */
export type Client = Redis | Cluster

/** How long a request waits for Redis. */
export const PATIENCE_MS = 3_000

const LONGEST_DELAY_MS = 1_000

/** Milliseconds before the attempt with this number, however many there were. */
export const retryDelay = (attempt: number) => Math.min(50 * attempt, LONGEST_DELAY_MS)

/**
 * A connection over which nothing comes for this long, although something should, is given up, as when Redis is stopped; the
 * largest commits take some seconds.
 */
const SILENCE_MS = 20_000

const silence: RedisOptions = {
  connectTimeout: PATIENCE_MS,
  socketTimeout: SILENCE_MS,
  // A Redis that reads its file is asked again this often whether it has; by default only every ten seconds.
  maxLoadingRetryTime: LONGEST_DELAY_MS,
  disableClientInfo: true,
}

const scripts = {
  ecrLocalCommit: { lua: COMMIT },
  ecrLocalPage: { numberOfKeys: 1, lua: PAGE, readOnly: true },
}

/** No command waits inside the client or is sent again by it: how long and whether is decided by `connect`. */
const alone: RedisOptions = {
  ...silence,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  retryStrategy: retryDelay,
  // After a failover the old master may still be there, as a replica.
  reconnectOnError: ({ message }) => message.startsWith('READONLY'),
  sentinelRetryStrategy: retryDelay,
  sentinelCommandTimeout: LONGEST_DELAY_MS,
}

/**
 * A client that connects, and mostly connects again by itself; `superviseClient` sees to the rest. CLIENT LIST of Redis shows
 * it by its name.
 */
export function clientFor(address: Address, connectionName: string): Client {
  if (address.kind !== 'cluster') return new Redis({ ...alone, ...address.options, connectionName, scripts })
  return new Cluster([...address.nodes], {
    redisOptions: { ...silence, ...address.options, connectionName },
    scripts,
    enableOfflineQueue: false,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    slotsRefreshInterval: LONGEST_DELAY_MS,
    clusterRetryStrategy: retryDelay,
  })
}

const SLOTS = 16_384

/**
 * The servers that together hold everything. Throws where one of a cluster's is missing: who looks through all keys must
 * not take a part for the whole. https://redis.io/docs/latest/commands/cluster-slots/
 */
export async function mastersOf(client: Client): Promise<Redis[]> {
  if (client instanceof Redis) return [client]
  const ranges = await client.cluster('SLOTS')
  const covered = ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0)
  const addresses = new Set(ranges.flatMap(([, , master]) => (master ? [`${master[0]}:${master[1]}`] : [])))
  const masters = client.nodes('master').filter(({ options: { host, port } }) => addresses.has(`${host}:${port}`))
  if (covered === SLOTS && masters.length === addresses.size) return masters
  throw new Error('a part of the cluster is away')
}
