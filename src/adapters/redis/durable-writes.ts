import { StoreUnavailable } from '../../registry/ports/key-value.js'
import { installation, type Registry } from '../../registry/registry.js'
import { type Client, mastersOf } from './client.js'
import { connect, type Connection } from './connection.js'
import { LAYOUT_KEY, setOf } from './keys.js'
import type { CommitArguments } from './scripts.js'
import type { SupervisorOptions } from './supervisor.js'
import { outageLog } from './outage-log.js'

/** Where commits go. */
export interface DurableWrites {
  /** Whether all that was expected was so, and all is written. Throws StoreUnavailable where that is not known. */
  commit(registry: Registry, given: CommitArguments): Promise<boolean>
  /** Throws StoreUnavailable where the connection that commits go over, if it is another one, does not answer. */
  ping(): Promise<void>
  /** Ends the connections, of reads too. */
  close(): void
}

/** Where the time that every request begins with lies: in a cluster this server is needed by all. */
const CLOCK_SET = setOf(installation, 'settings')

/** How long replicas may take to confirm a write where that is asked for. */
const REPLICAS_WITHIN_MS = 1_000

interface Settings extends Omit<SupervisorOptions, 'name'> {
  readonly connection: Connection
  /** Replicas that must have a write before it is acknowledged. */
  readonly wait: number
}

/** The connection that reads writes too; where replicas are waited for, another one, since Redis makes the whole connection wait. */
export async function durableWrites({ connection, wait, ...settings }: Settings): Promise<DurableWrites> {
  const writing = wait === 0 ? connection : await connectForWrites(connection, settings)
  const { log } = settings
  const warn = outageLog(log)
  /** A replica refuses writes alone: the connection for reads would stay at a server that is the master no more. */
  const reconnectReads = (error: Error) => {
    if (wait > 0 && error.message.startsWith('READONLY')) connection.reconnect()
    throw error
  }
  const areEnough = (replicas: number) => {
    if (replicas < wait)
      warn({ replicas, wait }, 'Fewer replicas than --store waits for: writes are answered as if Redis were away')
    return replicas >= wait
  }
  if (wait > 0) areEnough(await fewestReplicas(connection))
  return {
    async commit(registry, { collections, expected, written }) {
      const sets = collections.map((collection) => setOf(registry, collection))
      const commands = [
        ['ecrLocalCommit', sets.length, ...sets, expected, written],
        ...(wait === 0 ? [] : [['wait', wait, REPLICAS_WITHIN_MS]]),
      ]
      const [isDone, reached] = await writing.write(sets[0] ?? '', written.length, (client) =>
        answers(client, commands).catch(reconnectReads),
      )
      if (isDone === 1 && !areEnough(Number(reached ?? 0)))
        throw new StoreUnavailable(
          `${Number(reached)} of ${wait} replicas have the write: whether it lasts is not known`,
        )
      return isDone === 1
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

/**
 * The replicas of the master that has the fewest; Infinity where a part is unavailable, which is logged as such.
 * https://redis.io/docs/latest/commands/info/
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

/** Throws the error of the first that has one. */
async function answers(client: Client, commands: unknown[][]): Promise<unknown[]> {
  const results = (await client.pipeline(commands).exec()) ?? []
  return results.map(([error, answer]) => {
    if (error) throw error
    return answer
  })
}
