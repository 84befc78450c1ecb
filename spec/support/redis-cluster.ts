import { freePort } from './free-port.js'
import { disposeAll, redisCli, untilRedisSays } from './redis-answers.js'
import { type RedisProcess, startRedis } from './redis.js'

/** Three masters, each with a third of the slots and one replica. */
export interface RedisCluster extends AsyncDisposable {
  /** `redis-cluster://a,b,c` */
  readonly url: string
  readonly servers: readonly RedisProcess[]
  /** The server that currently holds this key. */
  masterOf(key: string): Promise<RedisProcess>
}

/**
 * Starts all six servers and returns once they agree that the cluster is complete. A master that is down for a second
 * is replaced.
 */
export async function startRedisCluster(): Promise<RedisCluster> {
  const servers: RedisProcess[] = []
  const dispose = async () => void (await disposeAll(servers))
  try {
    const start = async () => startRedis({ appendonly: true, args: await clusterFlags() })
    servers.push(...(await Promise.all([start(), start(), start(), start(), start(), start()])))
    await create(servers)
  } catch (error) {
    await dispose()
    throw error
  }
  const url = `redis-cluster://${servers.map(({ port }) => `127.0.0.1:${port}`).join(',')}`
  return { url, servers, masterOf: (key) => masterOf(servers, key), [Symbol.asyncDispose]: dispose }
}

/** Sets the port of the cluster bus, which is 10000 above the server's port by default. */
const clusterFlags = async () => [
  ...['--cluster-enabled', 'yes', '--cluster-port', String(await freePort())],
  ...['--cluster-node-timeout', '1000', '--cluster-config-file', 'nodes.conf'],
]

async function create(servers: readonly RedisProcess[]) {
  const addresses = servers.map(({ port }) => `127.0.0.1:${port}`)
  const [{ port }] = servers as readonly [RedisProcess]
  await redisCli(port, '--cluster', 'create', ...addresses, '--cluster-replicas', '1', '--cluster-yes')
  const isWhole = (text: string) => text.includes('cluster_state:ok') && text.includes('cluster_known_nodes:6')
  for (const server of servers) await untilRedisSays(server.port, ['cluster', 'info'], isWhole)
  const areInStep = (text: string) => /role:slave[^]*master_link_status:up|role:master[^]*state=online/.test(text)
  for (const server of servers) await untilRedisSays(server.port, ['info', 'replication'], areInStep)
}

/** Asks all servers and uses the first answer, so that killed or paused nodes do not matter. */
async function masterOf(servers: readonly RedisProcess[], key: string): Promise<RedisProcess> {
  const asked = servers.map(({ port }) => redisCli(port, 'get', key).then((answer) => ({ port, answer })))
  const { port, answer } = await Promise.any(asked)
  const moved = /MOVED \d+ 127\.0\.0\.1:(\d+)/.exec(answer)?.[1]
  const found = servers.find((server) => server.port === Number(moved ?? port))
  if (!found) throw new Error(`Nobody has ${key}: ${answer}`)
  return found
}
