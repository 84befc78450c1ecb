import { StoreUnavailable } from '../../registry/ports/key-value.js'
import type { Log } from '../../registry/ports/log.js'
import type { Registry } from '../../registry/registry.js'
import type { Address } from './address.js'
import { type Client, mastersOf } from './client.js'
import { connect, type Connection } from './connection.js'
import { LAYOUT_KEY, setOf } from './keys.js'
import { COMMIT, type CommitArguments } from './scripts.js'
import { troublesOn } from './troubles.js'

/** Where commits go. */
export interface Writes {
  /** Whether all that was expected was so, and all is written. Throws StoreUnavailable where that is not known. */
  commit(registry: Registry, given: CommitArguments): Promise<boolean>
  /** Ends the connections, of reads too. */
  close(): void
}

/** How long replicas may take to confirm a write where that is asked for. */
const REPLICAS_WITHIN_MS = 1_000

interface Settings {
  readonly connection: Connection
  readonly address: Address
  /** Replicas that must have a write before it is acknowledged. */
  readonly wait: number
  readonly log: Log
}

/** The connection that reads writes too; where replicas are waited for, another one, since Redis makes the whole connection wait. */
export async function writesOn({ connection, address, wait, log }: Settings): Promise<Writes> {
  const writing = wait === 0 ? connection : await connectToo(connection, address, log)
  const tell = troublesOn(log)
  const areEnough = (replicas: number) => {
    if (replicas < wait)
      tell({ replicas, wait }, 'Fewer replicas than --store waits for: writes are answered as if Redis were away')
    return replicas >= wait
  }
  if (wait > 0) areEnough(await fewestReplicas(connection))
  writing.client.defineCommand('ecrLocalCommit', { lua: COMMIT })
  return {
    async commit(registry, { collections, expected, written }) {
      const sets = collections.map((collection) => setOf(registry, collection))
      const commands = [
        ['ecrLocalCommit', sets.length, ...sets, expected, written],
        ...(wait === 0 ? [] : [['wait', wait, REPLICAS_WITHIN_MS]]),
      ]
      const [isDone, reached] = await writing.write(sets[0] ?? '', written.length, () =>
        answers(writing.client, commands),
      )
      if (isDone === 1 && !areEnough(Number(reached ?? 0)))
        throw new StoreUnavailable(
          `${Number(reached)} of ${wait} replicas have the write: whether it lasts is not known`,
        )
      return isDone === 1
    },
    close() {
      connection.close()
      writing.close()
    },
  }
}

/** https://redis.io/docs/latest/commands/info/: of the master that has fewest. Infinity where a part is away, which is told as such. */
async function fewestReplicas({ client, read }: Connection): Promise<number> {
  const infos = read(LAYOUT_KEY, async () =>
    Promise.all((await mastersOf(client)).map((master) => master.info('replication'))),
  )
  const counts = await infos.then(
    (all) => all.map(replicasIn),
    () => [],
  )
  return Math.min(...counts)
}

const replicasIn = (info: string) => Number(/^connected_slaves:(\d+)/m.exec(info)?.[1] ?? 0)

/** Whether Redis is away is told by the connection that reads, that it is full by this one. */
const onlyWarnings = (log: Log): Log => ({
  ...{ trace() {}, debug() {}, info() {}, error() {} },
  warn: (facts, message) => log.warn(facts, message),
})

async function connectToo(connection: Connection, address: Address, log: Log): Promise<Connection> {
  try {
    return await connect(address, onlyWarnings(log))
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
