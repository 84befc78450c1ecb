import { type Entry, type KeyValue, upToBytes } from '../../registry/ports/key-value.js'
import type { Log } from '../../registry/ports/log.js'
import type { Registry } from '../../registry/registry.js'
import { readStoreUrl } from './address.js'
import { readsOn } from './ahead.js'
import { connect, type Connection } from './connection.js'
import { type LexRange, partsOf, rangeOfKey, rangeOfPage, setOf } from './keys.js'
import { clear, registriesIn, requireLayout } from './layout.js'
import { unpacked } from './packed.js'
import { commitArguments, PAGE } from './scripts.js'
import { writesOn } from './writes.js'

export interface RedisOptions {
  /** As in `--store`; see `readStoreUrl`. */
  readonly url: string
  readonly log: Log
  /** Told whenever commands go to Redis together. */
  readonly onRoundTrip: () => void
}

/**
 * State in Redis, alone, behind Sentinel or as a cluster. A commit is one script; what it promises once it answers is what
 * this Redis promises. Throws plain errors of one line where Redis does not answer or holds another layout.
 */
export async function redisKeyValue({ url, log, onRoundTrip }: RedisOptions): Promise<KeyValue> {
  const { address, wait } = readStoreUrl(url)
  const connection = await connect(address, log)
  const told = roundTrips(onRoundTrip)
  const range = rangesOn(connection, told)
  const reads = readsOn(async ({ registry, collection, key }) => {
    const [member] = await range(registry, collection, rangeOfKey(key), 1)
    return member && entryOf(member)[1]
  })
  const writes = await writesOn({ connection, address, wait, log })
  await requireLayout(connection).catch((error: unknown) => {
    writes.close()
    throw error
  })

  return {
    get: reads.get,
    ahead: reads.ahead,
    list: async (registry, collection, page) => {
      if (page.limit <= 0) return []
      const members = await range(registry, collection, rangeOfPage(page), page.limit, page.bytes)
      return [...upToBytes(members.map(entryOf), page.bytes)]
    },
    isBelow: async (registry, collection, { fewerThan, prefix }) =>
      (await countIn(connection, told, setOf(registry, collection), rangeOfPage({ prefix }))) < fewerThan,
    async commit(registry, expectations, changes) {
      const given = commitArguments(expectations, changes)
      told()
      const isDone = await writes.commit(registry, given)
      reads.written(registry, isDone ? changes : [])
      return isDone
    },
    registries: () => registriesIn(connection),
    async clear() {
      await clear(connection)
      reads.forget()
      await requireLayout(connection)
    },
    close: async () => writes.close(),
  }
}

function rangesOn({ client, read }: Connection, told: () => void) {
  client.defineCommand('ecrLocalPage', { numberOfKeys: 1, lua: PAGE, readOnly: true })
  return (
    registry: Registry,
    collection: string,
    { min, max }: LexRange,
    limit: number,
    bytes?: number,
  ): Promise<Buffer[]> => {
    const set = setOf(registry, collection)
    return read(set, async () => {
      told()
      if (bytes === undefined) return client.zrangebylexBuffer(set, min, max, 'LIMIT', 0, limit)
      return (client as unknown as PageReader).ecrLocalPageBuffer(set, min, max, limit, bytes)
    })
  }
}

/** What `defineCommand` adds to a client. */
interface PageReader {
  ecrLocalPageBuffer(set: string, min: Buffer, max: Buffer, limit: number, bytes: number): Promise<Buffer[]>
}

/** Redis counts a range of a sorted set by the ranks of its ends. https://redis.io/docs/latest/commands/zlexcount/ */
const countIn = ({ client, read }: Connection, told: () => void, set: string, { min, max }: LexRange) =>
  read(set, () => {
    told()
    return client.zlexcount(set, min, max)
  })

function entryOf(member: Buffer): Entry {
  const { key, packed } = partsOf(member)
  return [key, unpacked(key, packed)]
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
