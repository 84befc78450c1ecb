import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Registry } from '../../../src/registry/registry.js'
import { describeWith, redisNeeds, sentinelNeeds } from '../../support/describe-with.js'
import { redisCli } from '../../support/redis-answers.js'
import { type RedisCluster, startRedisCluster } from '../../support/redis-cluster.js'
import { type RedisSentinel, startRedisSentinel } from '../../support/redis-sentinel.js'
import { type RedisStore, redisStore } from '../../support/redis-store.js'

const registry: Registry = { account: '123456789012', region: 'eu-west-1' }
const elsewhere: Registry = { ...registry, region: 'eu-west-3' }
const SETTINGS = 'ecr-local:{123456789012:eu-west-1}:settings'

/** Writes records one after another with several writers until stopped, and returns the acknowledged keys. */
function writing({ store }: RedisStore, name: string) {
  const acknowledged: string[] = []
  let isOver = false
  const writers = Array.from({ length: 4 }, async (_, writer) => {
    for (let at = 0; !isOver; at++) {
      const key = `${name}-${writer}-${at}`
      await store.settings.put(registry, key, 'x').then(
        () => acknowledged.push(key),
        (error: unknown) => expect(error).toMatchObject({ name: 'StoreUnavailable' }),
      )
    }
  })
  const goOn = async () => {
    const before = acknowledged.length
    await expect.poll(() => acknowledged.length, { timeout: 60_000 }).toBeGreaterThan(before + 100)
  }
  const stop = async () => {
    isOver = true
    await Promise.all(writers)
    return acknowledged
  }
  return { goOn, stop }
}

async function requireAll({ keyValue }: RedisStore, keys: readonly string[]) {
  const found = new Set<string>()
  for (let after = ''; ;) {
    const entries = await keyValue.list(registry, 'settings', { limit: 1000, after })
    entries.forEach(([key]) => found.add(key))
    const last = entries.at(-1)
    if (!last) break
    after = last[0]
  }
  expect(keys.filter((key) => !found.has(key))).toEqual([])
}

describeWith(sentinelNeeds, 'Failover behind Sentinel', () => {
  let sentinel: RedisSentinel
  beforeAll(async () => void (sentinel = await startRedisSentinel()))
  afterAll(() => sentinel[Symbol.asyncDispose]())

  it('No acknowledged write is lost when the master stops and comes back as a replica behind Sentinel', async () => {
    await using opened = await redisStore(`${sentinel.url}?wait=1`)
    const [master] = sentinel.servers
    if (!master) throw new Error('no master')
    const writer = writing(opened, 'w')
    await writer.goOn()
    master.pause()
    await writer.goOn()
    master.resume()
    const isReplica = expect.poll(() => redisCli(master.port, 'info', 'replication'), { timeout: 60_000 })
    await isReplica.toMatch(/role:slave[^]*master_link_status:up/)
    await writer.goOn()
    await requireAll(opened, await writer.stop())
  })
})

describeWith(redisNeeds, 'Failover in a cluster', () => {
  let cluster: RedisCluster
  beforeAll(async () => void (cluster = await startRedisCluster()))
  afterAll(() => cluster[Symbol.asyncDispose]())

  it('No acknowledged write is lost when a cluster master is killed, and other masters keep working', async () => {
    await using opened = await redisStore(`${cluster.url}?wait=1`)
    const writer = writing(opened, 'w')
    await writer.goOn()
    const master = await cluster.masterOf(SETTINGS)
    expect(await cluster.masterOf('ecr-local:{123456789012:eu-west-3}:settings')).not.toBe(master)
    await master.kill()
    await opened.store.settings.put(elsewhere, 'a', 'x')
    await expect.poll(() => cluster.masterOf(SETTINGS), { timeout: 60_000 }).not.toBe(master)
    // Its replica is now the master and has no replica itself, so no write is acknowledged until it gets one.
    await master.restart()
    await writer.goOn()
    await requireAll(opened, await writer.stop())
  })
  it('A registry can move to another server of the cluster while it is read and written', async () => {
    await using opened = await redisStore(cluster.url)
    const writer = writing(opened, 'm')
    await writer.goOn()
    const [from, to] = [
      await cluster.masterOf(SETTINGS),
      await cluster.masterOf('ecr-local:{123456789012:eu-west-3}:x'),
    ]
    const slot = (await redisCli(from.port, 'cluster', 'keyslot', SETTINGS)).trim()
    const idOf = async (port: number) => (await redisCli(port, 'cluster', 'myid')).trim()
    await redisCli(to.port, 'cluster', 'setslot', slot, 'importing', await idOf(from.port))
    await redisCli(from.port, 'cluster', 'setslot', slot, 'migrating', await idOf(to.port))
    const keys = (await redisCli(from.port, 'cluster', 'getkeysinslot', slot, '100')).split('\n').filter(Boolean)
    for (const key of keys) await redisCli(from.port, 'migrate', '127.0.0.1', String(to.port), key, '0', '5000')
    for (const { port } of [to, from]) await redisCli(port, 'cluster', 'setslot', slot, 'node', await idOf(to.port))
    await writer.goOn()
    expect(await cluster.masterOf(SETTINGS)).toBe(to)
    await requireAll(opened, await writer.stop())
  })
  it('The list of registries is complete or unavailable while a cluster master is down, never partial', async () => {
    await using opened = await redisStore(cluster.url)
    await opened.store.settings.put(registry, 'a', 'x')
    await opened.store.settings.put(elsewhere, 'a', 'x')
    const both = [registry, elsewhere].map(({ region }) => region)
    const regions = async () => (await opened.store.registries()).map(({ region }) => region).sort()
    expect(await regions()).toEqual(both)
    const master = await cluster.masterOf(SETTINGS)
    await master.kill()
    const seen = await Promise.all([1, 2, 3].map(() => regions().catch((error: Error) => error.name)))
    for (const each of seen) expect([both, 'StoreUnavailable']).toContainEqual(each)
    await expect.poll(() => regions().catch(String), { timeout: 60_000 }).toEqual(both)
    await master.restart()
  })
})
