import { type Entry, type PageQuery, upToBytes } from '../../registry/ports/key-value.js'
import type { LastingKeyValue } from '../../registry/ports/record-transfer.js'
import type { Log } from '../../registry/ports/log.js'
import { readStoreUrl } from './address.js'
import { connect, type Connection } from './connection.js'
import { type LexRange, partsOf, rangeOfPage, setOf } from './keys.js'
import { clear, registriesIn, requireLayout } from './layout.js'
import { decode } from './encoding.js'
import { recordReads } from './record-reads.js'
import { redisTransfer } from './redis-transfer.js'
import { commitArguments } from './scripts.js'
import { durableWrites } from './durable-writes.js'

/** The settings of a store in Redis. */
export interface RedisOptions {
  /** The value of `--store`; see `readStoreUrl`. */
  readonly url: string
  readonly log: Log
  /** Called for each round trip, however many commands are sent together. */
  readonly onRoundTrip: () => void
  /** Called once if Redis keeps refusing the login or the database, without which the process cannot continue. */
  readonly onLost?: (error: Error) => void
  /** For how long Redis refuses before `onLost` is called. The default is a minute. */
  readonly giveUpAfterMs?: number
}

const GIVE_UP_AFTER_MS = 60_000

/**
 * The key-value store in Redis: a single server, one located through Sentinel, or a cluster. A commit is one script;
 * its durability is that of this Redis. Throws errors of one line if Redis does not answer or contains another layout.
 */
export async function redisKeyValue(options: RedisOptions): Promise<LastingKeyValue> {
  const { url, log, onRoundTrip, onLost = () => {}, giveUpAfterMs = GIVE_UP_AFTER_MS } = options
  const { address, wait } = readStoreUrl(url)
  const settings = { address, log, onLost, giveUpAfterMs }
  const connection = await connect({ ...settings, name: wait === 0 ? 'all' : 'reads' })
  const countRoundTrip = roundTrips(onRoundTrip)
  const range = rangesOn(connection, countRoundTrip)
  const { get, stale } = recordReads(connection, countRoundTrip, address)
  const writes = await durableWrites({ ...settings, connection, wait })
  await requireLayout(connection).catch((error: unknown) => {
    writes.close()
    throw error
  })

  return {
    get,
    staleIfError: stale.staleIfError,
    list: (registry, collection, page) => pageIn(range, setOf(registry, collection), page),
    hasFewer: async (registry, collection, { fewerThan, prefix }) =>
      (await countIn(connection, countRoundTrip, setOf(registry, collection), rangeOfPage({ prefix }))) < fewerThan,
    count: (registry, collection) => countIn(connection, countRoundTrip, setOf(registry, collection), rangeOfPage({})),
    async commit(registry, expectations, changes) {
      const commit = commitArguments(expectations, changes)
      countRoundTrip()
      const isDone = await writes.commit(registry, commit)
      if (isDone) stale.written(registry, changes)
      return isDone
    },
    registries: () => registriesIn(connection),
    transfer: redisTransfer({ connection, writes, address, list: (set, page) => pageIn(range, set, page) }),
    ping: () => writes.ping(),
    async clear() {
      await clear(connection)
      stale.clear()
      await requireLayout(connection)
    },
    close: async () => writes.close(),
  }
}

async function pageIn(range: Range, set: string, page: PageQuery): Promise<Entry[]> {
  if (page.limit <= 0) return []
  const members = await range(set, rangeOfPage(page), page.limit, page.bytes)
  return [...upToBytes(members.map(entryOf), page.bytes)]
}

type Range = ReturnType<typeof rangesOn>

const rangesOn =
  ({ read }: Connection, countRoundTrip: () => void) =>
  (set: string, { min, max }: LexRange, limit: number, bytes?: number): Promise<Buffer[]> => {
    return read(set, async (client) => {
      countRoundTrip()
      if (bytes === undefined) return client.zrangebylexBuffer(set, min, max, 'LIMIT', 0, limit)
      return (client as unknown as PageReader).ecrLocalPageBuffer(set, min, max, limit, bytes)
    })
  }

/** The method that the option `scripts` adds to a client. */
interface PageReader {
  ecrLocalPageBuffer(set: string, min: Buffer, max: Buffer, limit: number, bytes: number): Promise<Buffer[]>
}

/**
 * Redis counts a range of a sorted set by the ranks of its ends, without walking it.
 * https://redis.io/docs/latest/commands/zlexcount/
 */
const countIn = ({ read }: Connection, countRoundTrip: () => void, set: string, { min, max }: LexRange) =>
  read(set, (client) => {
    countRoundTrip()
    return client.zlexcount(set, min, max)
  })

function entryOf(member: Buffer): Entry {
  const { key, encoded } = partsOf(member)
  return [key, decode(key, encoded)]
}

/** Calls `onRoundTrip` once for all commands of one tick of the event loop, which are sent together. */
function roundTrips(onRoundTrip: () => void): () => void {
  let isCounted = false
  return () => {
    if (isCounted) return
    isCounted = true
    setImmediate(() => (isCounted = false))
    onRoundTrip()
  }
}
