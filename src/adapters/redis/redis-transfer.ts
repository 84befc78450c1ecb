import { randomUUID } from 'node:crypto'
import type { Entry, PageQuery } from '../../registry/ports/key-value.js'
import type { RecordBatch, RecordTransfer, Snapshot } from '../../registry/ports/record-transfer.js'
import { installation, type Registry } from '../../registry/registry.js'
import type { Address } from './address.js'
import type { Connection } from './connection.js'
import type { DurableWrites } from './durable-writes.js'
import { encode } from './encoding.js'
import { memberOf, setOf, transferSetOf } from './keys.js'
import { registriesIn } from './layout.js'

interface RedisTransferDeps {
  readonly connection: Connection
  readonly writes: DurableWrites
  readonly address: Address
  readonly list: (set: string, page: PageQuery) => Promise<Entry[]>
}

/** Copies expire this long after they were last renewed, so that nothing remains of a process that was killed. */
const COPY_LIVES_SECONDS = 300
const RENEW_MS = 60_000
/** Records that are being loaded expire after this time. Loading takes a second for about 20,000. */
const LOAD_WITHIN_SECONDS = 6 * 3600

/** An estimate of what a record occupies, for the time limit of a copy. */
const BYTES_PER_RECORD = 300

/** Copies each set to another and lets the copies expire. KEYS are the sets and then the copies. */
const COPY = `
local count = #KEYS / 2
for at = 1, count do
  redis.call('COPY', KEYS[at], KEYS[count + at], 'REPLACE')
  redis.call('EXPIRE', KEYS[count + at], ARGV[1])
end
return 1
`

/**
 * Makes loaded sets the ones in use and returns 1; returns 0 and changes nothing if one exists that must not. KEYS are
 * the sets that must not exist (as many as ARGV[1] says), the loaded sets, and the sets that they become. A set that
 * exists, such as the settings, gets the loaded members in addition. That part may need memory, so it comes first: a
 * full Redis refuses it before anything has changed.
 */
const ACTIVATE = `
local absent = tonumber(ARGV[1])
local count = (#KEYS - absent) / 2
for at = 1, absent do if redis.call('EXISTS', KEYS[at]) == 1 then return 0 end end
for at = absent + 1, absent + count do
  if redis.call('EXISTS', KEYS[at]) == 1 and redis.call('EXISTS', KEYS[at + count]) == 1 then
    redis.call('ZUNIONSTORE', KEYS[at + count], 2, KEYS[at + count], KEYS[at])
    redis.call('DEL', KEYS[at])
  end
end
for at = absent + 1, absent + count do
  if redis.call('EXISTS', KEYS[at]) == 1 then
    redis.call('RENAME', KEYS[at], KEYS[at + count])
    redis.call('PERSIST', KEYS[at + count])
  end
end
return 1
`

/**
 * A snapshot is a copy of the sorted sets, made by one script and removed at the end. A load writes sorted sets beside
 * those in use and renames them in one script. In a cluster there is one script for each registry, the installation's
 * own last.
 */
export function redisTransfer(deps: RedisTransferDeps): RecordTransfer {
  return {
    snapshot: (collections) => snapshotOf(collections, deps),
    load: (batches, mustBeEmpty) => load(batches, mustBeEmpty, deps),
  }
}

async function snapshotOf(collections: readonly string[], deps: RedisTransferDeps): Promise<Snapshot> {
  const id = randomUUID()
  const registries = await registriesIn(deps.connection)
  const copiesOf = (each: readonly Registry[]) =>
    each.flatMap((registry) => collections.map((name) => transferSetOf(id, registry, name)))
  for (const group of groupsOf(registries, deps)) {
    const sets = group.flatMap((registry) => collections.map((name) => setOf(registry, name)))
    const bytes = (await recordsIn(sets, deps.connection)) * BYTES_PER_RECORD
    const keys = [...sets, ...copiesOf(group)]
    await deps.writes.write(sets[0] ?? '', bytes, ['eval', COPY, keys.length, ...keys, COPY_LIVES_SECONDS])
  }
  const copies = copiesOf(registries)
  const renewal = setInterval(() => void renew(copies, deps.connection).catch(() => {}), RENEW_MS).unref()
  return {
    registries: async () => registries,
    list: (registry, collection, page) => deps.list(transferSetOf(id, registry, collection), page),
    async close() {
      clearInterval(renewal)
      await removeAll(copies, deps.connection)
    },
  }
}

async function load(
  batches: AsyncIterable<RecordBatch>,
  mustBeEmpty: readonly string[],
  deps: RedisTransferDeps,
): Promise<boolean> {
  const id = randomUUID()
  const loaded = new Map<string, { readonly registry: Registry; readonly collections: Set<string> }>()
  const stagedIn = (each: typeof loaded extends Map<string, infer L> ? L[] : never) =>
    each.flatMap(({ registry, collections }) => [...collections].map((name) => transferSetOf(id, registry, name)))
  try {
    for await (const batch of batches) {
      const key = `${batch.registry.account} ${batch.registry.region}`
      const known = loaded.get(key) ?? { registry: batch.registry, collections: new Set() }
      loaded.set(key, known)
      known.collections.add(batch.collection)
      await stage(transferSetOf(id, batch.registry, batch.collection), batch, deps)
    }
    for (const group of groupsOf([...loaded.values()].sort(installationLast), deps)) {
      const absent = group.flatMap(({ registry }) => mustBeEmpty.map((name) => setOf(registry, name)))
      const targets = group.flatMap(({ registry, collections }) =>
        [...collections].map((name) => setOf(registry, name)),
      )
      const keys = [...absent, ...stagedIn(group), ...targets]
      const command = ['eval', ACTIVATE, keys.length, ...keys, absent.length]
      if ((await deps.writes.write(targets[0] ?? '', 0, command)) !== 1) return false
    }
    return true
  } finally {
    await removeAll(stagedIn([...loaded.values()]), deps.connection)
  }
}

async function stage(set: string, { entries }: RecordBatch, { connection }: RedisTransferDeps): Promise<void> {
  const members = entries.flatMap(([key, value]) => ['0', memberOf(key, encode(key, value))])
  // Adding the same members twice changes nothing, so this may be repeated like a read.
  await connection.read(set, async (client) => {
    await client.zadd(set, ...members)
    await client.expire(set, LOAD_WITHIN_SECONDS)
  })
}

/** What one script can reach at once. In a cluster this is a registry: its keys are in one slot, others elsewhere. */
const groupsOf = <T>(all: readonly T[], { address }: RedisTransferDeps): T[][] =>
  address.kind === 'cluster' ? all.map((one) => [one]) : all.length === 0 ? [] : [[...all]]

const installationLast = (a: { registry: Registry }, b: { registry: Registry }) =>
  Number(a.registry.account === installation.account) - Number(b.registry.account === installation.account)

async function recordsIn(sets: readonly string[], { read }: Connection): Promise<number> {
  const counts = await Promise.all(sets.map((set) => read(set, (client) => client.zcard(set))))
  return counts.reduce((sum, count) => sum + count, 0)
}

const renew = (sets: readonly string[], { read }: Connection) =>
  Promise.all(sets.map((set) => read(set, (client) => client.expire(set, COPY_LIVES_SECONDS))))

const removeAll = (sets: readonly string[], { read }: Connection) =>
  Promise.all(sets.map((set) => read(set, (client) => client.unlink(set))))
