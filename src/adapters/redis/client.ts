import { Cluster, Redis, type RedisOptions } from 'ioredis'
import type { Address } from './address.js'
import { COMMIT, PAGE } from './scripts.js'

/** A client of one server, which may be located through Sentinel, or of a cluster. */
export type Client = Redis | Cluster

/** How long a request waits for Redis, in milliseconds. */
export const PATIENCE_MS = 3_000

const LONGEST_DELAY_MS = 1_000

/** The delay in milliseconds before the attempt with this number. */
export const retryDelay = (attempt: number) => Math.min(50 * attempt, LONGEST_DELAY_MS)

/**
 * A connection that receives nothing for this long while a response is due is closed, for example if Redis was
 * suspended. The largest commits take a few seconds.
 */
const SILENCE_MS = 20_000

const timeouts: RedisOptions = {
  connectTimeout: PATIENCE_MS,
  socketTimeout: SILENCE_MS,
  // While Redis loads its data from disk, ioredis checks this often whether it has finished; the default is every ten
  // seconds.
  maxLoadingRetryTime: LONGEST_DELAY_MS,
  disableClientInfo: true,
}

const scripts = {
  ecrLocalCommit: { lua: COMMIT },
  ecrLocalPage: { numberOfKeys: 1, lua: PAGE, readOnly: true },
}

/** The client neither queues nor resends commands: `connect` decides about waiting and retries. */
const serverOptions: RedisOptions = {
  ...timeouts,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  retryStrategy: retryDelay,
  // After a failover the old master may still be running, as a replica.
  reconnectOnError: ({ message }) => message.startsWith('READONLY'),
  sentinelRetryStrategy: retryDelay,
  sentinelCommandTimeout: LONGEST_DELAY_MS,
}

/**
 * Creates a client that connects, and reconnects after most failures; `superviseClient` handles the others. The output
 * of CLIENT LIST contains the connection name.
 */
export function clientFor(address: Address, connectionName: string): Client {
  if (address.kind !== 'cluster') return new Redis({ ...serverOptions, ...address.options, connectionName, scripts })
  return new Cluster([...address.nodes], {
    redisOptions: { ...timeouts, ...address.options, connectionName },
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
 * The masters that together hold all keys. Throws if the master of a cluster's slots is missing: a scan of all keys
 * must not mistake a part for the whole. https://redis.io/docs/latest/commands/cluster-slots/
 */
export async function mastersOf(client: Client): Promise<Redis[]> {
  if (client instanceof Redis) return [client]
  const ranges = await client.cluster('SLOTS')
  const covered = ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0)
  const addresses = new Set(ranges.flatMap(([, , master]) => (master ? [`${master[0]}:${master[1]}`] : [])))
  const masters = client.nodes('master').filter(({ options: { host, port } }) => addresses.has(`${host}:${port}`))
  if (covered === SLOTS && masters.length === addresses.size) return masters
  throw new Error('a part of the cluster is unavailable')
}
