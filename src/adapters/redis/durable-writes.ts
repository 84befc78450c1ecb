import { StoreUnavailable } from '../../registry/ports/key-value.js'
import { installation, type Registry } from '../../registry/registry.js'
import { type Client, mastersOf } from './client.js'
import { connect, type Connection } from './connection.js'
import { LAYOUT_KEY, setOf } from './keys.js'
import type { CommitArguments } from './scripts.js'
import type { SupervisorOptions } from './supervisor.js'
import { outageLog } from './outage-log.js'

/** Commits that last, on enough replicas if `--store` requires them. */
export interface DurableWrites {
  /**
   * Returns whether every expectation held and all changes were written. Throws StoreUnavailable if the outcome is
   * unknown.
   */
  commit(registry: Registry, commit: CommitArguments): Promise<boolean>
  /**
   * Sends one command that writes to these sets and returns its answer. The time limit grows with the bytes that it
   * writes. Throws StoreUnavailable if the outcome is unknown.
   */
  write(set: string, bytes: number, command: readonly (string | number)[]): Promise<unknown>
  /** Throws StoreUnavailable if the connection for commits, if it is a separate one, does not answer. */
  ping(): Promise<void>
  /** Closes all connections, including the one for reads. */
  close(): void
}

/**
 * The set that contains the clock offset, which every request reads: in a cluster all requests depend on its server.
 */
const CLOCK_SET = setOf(installation, 'settings')

/** How long replicas may take to confirm a write, in milliseconds. */
const REPLICAS_WITHIN_MS = 1_000

interface Settings extends Omit<SupervisorOptions, 'name'> {
  readonly connection: Connection
  /** The number of replicas that must have received a write before it is acknowledged. */
  readonly wait: number
}

/**
 * Writes over the connection for reads, or over a separate one if writes wait for replicas: the WAIT command blocks the
 * whole connection.
 */
export async function durableWrites({ connection, wait, ...settings }: Settings): Promise<DurableWrites> {
  const writing = wait === 0 ? connection : await connectForWrites(connection, settings)
  const { log } = settings
  const warn = outageLog(log)
  /**
   * A replica refuses writes but not reads: without this the connection for reads would stay at a server that is no
   * longer the master.
   */
  const reconnectReads = (error: Error) => {
    if (wait > 0 && error.message.startsWith('READONLY')) connection.reconnect()
    throw error
  }
  const areEnough = (replicas: number) => {
    if (replicas < wait)
      warn({ replicas, wait }, 'Fewer replicas than --store waits for: writes fail as if Redis were unavailable')
    return replicas >= wait
  }
  if (wait > 0) areEnough(await fewestReplicas(connection))
  const write = async (set: string, bytes: number, command: readonly unknown[]) => {
    const commands = [[...command], ...waitFor(wait)]
    const send = (client: Client) => answers(client, commands).catch(reconnectReads)
    const [answer, reached] = await writing.write(set, bytes, send)
    if (answer === 1 && !areEnough(Number(reached ?? 0)))
      throw new StoreUnavailable(
        `${Number(reached)} of ${wait} replicas have received the write: whether it lasts is unknown`,
      )
    return answer
  }
  return {
    write,
    async commit(registry, { collections, expectations, changes }) {
      const sets = collections.map((collection) => setOf(registry, collection))
      const command = ['ecrLocalCommit', sets.length, ...sets, expectations, changes]
      return (await write(sets[0] ?? '', changes.length, command)) === 1
    },
    async ping() {
      if (wait > 0) await writing.read(CLOCK_SET, (client) => client.exists(CLOCK_SET))
    },
    close() {
      connection.close()
      writing.close()
    },
  }
}

/** The command that waits until so many replicas have received what was written before it. */
const waitFor = (replicas: number) => (replicas === 0 ? [] : [['wait', replicas, REPLICAS_WITHIN_MS]])

/**
 * The number of replicas of the master that has the fewest; Infinity if a part of Redis is unavailable, which is
 * reported elsewhere. https://redis.io/docs/latest/commands/info/
 */
async function fewestReplicas({ read }: Connection): Promise<number> {
  const infos = read(LAYOUT_KEY, async (client) =>
    Promise.all((await mastersOf(client)).map((master) => master.info('replication'))),
  )
  const counts = await infos.then(
    (all) => all.map(replicasIn),
    () => [],
  )
  return Math.min(...counts)
}

const replicasIn = (info: string) => Number(/^connected_slaves:(\d+)/m.exec(info)?.[1] ?? 0)

async function connectForWrites(
  connection: Connection,
  settings: Omit<SupervisorOptions, 'name'>,
): Promise<Connection> {
  try {
    return await connect({ ...settings, name: 'writes' })
  } catch (error) {
    connection.close()
    throw error
  }
}

/** The results of a pipeline. Throws the error of the first command that failed. */
async function answers(client: Client, commands: unknown[][]): Promise<unknown[]> {
  const results = (await client.pipeline(commands).exec()) ?? []
  return results.map(([error, answer]) => {
    if (error) throw error
    return answer
  })
}
