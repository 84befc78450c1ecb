import { type Entry, type KeyValue, type PageOf, type Place, upToBytes } from '../../registry/ports/key-value.js'
import type { Log } from '../../registry/ports/log.js'
import type { Registry } from '../../registry/registry.js'
import { type Address, readStoreUrl } from './address.js'
import { batchedReads, type ReadValue } from './batched-reads.js'
import { connect, type Connection } from './connection.js'
import { hashTagOf, type LexRange, partsOf, rangeOfKey, rangeOfPage, setOf } from './keys.js'
import { clear, registriesIn, requireLayout } from './layout.js'
import { decode } from './encoding.js'
import { commitArguments } from './scripts.js'
import { type StaleReads, staleReads } from './stale-reads.js'
import { durableWrites } from './durable-writes.js'

export interface RedisOptions {
  /** As in `--store`; see `readStoreUrl`. */
  readonly url: string
  readonly log: Log
  /** Called once for all commands that leave in one turn of the event loop. */
  readonly onRoundTrip: () => void
  /** Called once when Redis keeps refusing the login or the database: the process cannot go on. */
  readonly onLost?: (error: Error) => void
  /** How long it may be refused before that; a minute by default. */
  readonly giveUpAfterMs?: number
}

const GIVE_UP_AFTER_MS = 60_000

/**
 * State in a single Redis, behind Sentinel, or in a cluster. A commit is one script; it is as durable as this Redis is configured
 * to be. Throws plain errors of one line where Redis does not answer or holds another layout.
 */
export async function redisKeyValue(options: RedisOptions): Promise<KeyValue> {
  const { url, log, onRoundTrip, onLost = () => {}, giveUpAfterMs = GIVE_UP_AFTER_MS } = options
  const { address, wait } = readStoreUrl(url)
  const settings = { address, log, onLost, giveUpAfterMs }
  const connection = await connect({ ...settings, name: wait === 0 ? 'all' : 'reads' })
  const countRoundTrip = roundTrips(onRoundTrip)
  const range = rangesOn(connection, countRoundTrip)
  const { get, stale } = readsOn(range, address)
  const writes = await durableWrites({ ...settings, connection, wait })
  await requireLayout(connection).catch((error: unknown) => {
    writes.close()
    throw error
  })

  return {
    get,
    staleIfError: stale.staleIfError,
    list: (registry, collection, page) => listOf(range, registry, collection, page),
    hasFewer: async (registry, collection, { fewerThan, prefix }) =>
      (await countIn(connection, countRoundTrip, setOf(registry, collection), rangeOfPage({ prefix }))) < fewerThan,
    async commit(registry, expectations, changes) {
      const given = commitArguments(expectations, changes)
      countRoundTrip()
      const isDone = await writes.commit(registry, given)
      if (isDone) stale.written(registry, changes)
      return isDone
    },
    registries: () => registriesIn(connection),
    ping: () => writes.ping(),
    async clear() {
      await clear(connection)
      stale.clear()
      await requireLayout(connection)
    },
    close: async () => writes.close(),
  }
}

/** Single values, in batches of one tick; and the last known ones. */
function readsOn(range: Range, { kind }: Address): { readonly get: ReadValue; readonly stale: StaleReads } {
  const read: ReadValue = async ({ registry, collection, key }) => {
    const [member] = await range(registry, collection, rangeOfKey(key), 1)
    return member && entryOf(member)[1]
  }
  const serverOf = ({ registry }: Place) => (kind === 'cluster' ? hashTagOf(registry) : '')
  const stale = staleReads()
  return { stale, get: stale.fallingBack(batchedReads(stale.remembering(read), serverOf)) }
}

async function listOf(range: Range, registry: Registry, collection: string, page: PageOf): Promise<Entry[]> {
  if (page.limit <= 0) return []
  const members = await range(registry, collection, rangeOfPage(page), page.limit, page.bytes)
  return [...upToBytes(members.map(entryOf), page.bytes)]
}

type Range = ReturnType<typeof rangesOn>

const rangesOn =
  ({ read }: Connection, countRoundTrip: () => void) =>
  (
    registry: Registry,
    collection: string,
    { min, max }: LexRange,
    limit: number,
    bytes?: number,
  ): Promise<Buffer[]> => {
    const set = setOf(registry, collection)
    return read(set, async (client) => {
      countRoundTrip()
      if (bytes === undefined) return client.zrangebylexBuffer(set, min, max, 'LIMIT', 0, limit)
      return (client as unknown as PageReader).ecrLocalPageBuffer(set, min, max, limit, bytes)
    })
  }

/** What `scripts` adds to a client. */
interface PageReader {
  ecrLocalPageBuffer(set: string, min: Buffer, max: Buffer, limit: number, bytes: number): Promise<Buffer[]>
}

/** Redis counts a range of a sorted set by the ranks of its ends. https://redis.io/docs/latest/commands/zlexcount/ */
const countIn = ({ read }: Connection, countRoundTrip: () => void, set: string, { min, max }: LexRange) =>
  read(set, (client) => {
    countRoundTrip()
    return client.zlexcount(set, min, max)
  })

function entryOf(member: Buffer): Entry {
  const { key, encoded } = partsOf(member)
  return [key, decode(key, encoded)]
}

/** Commands of one turn of the event loop go out together and come back together. */
function roundTrips(onRoundTrip: () => void): () => void {
  let isUnderWay = false
  return () => {
    if (isUnderWay) return
    isUnderWay = true
    setImmediate(() => (isUnderWay = false))
    onRoundTrip()
  }
}
