import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Registry } from '../../../src/registry/registry.js'
import { describeWith, redisNeeds } from '../../support/describe-with.js'
import { redisCli } from '../../support/redis-answers.js'
import { redisStore } from '../../support/redis-store.js'
import { type RedisProcess, startRedis } from '../../support/redis.js'

const registry: Registry = { account: '123456789012', region: 'eu-west-1' }

describeWith(redisNeeds, 'The state in Redis', () => {
  let redis: RedisProcess
  beforeAll(async () => void (redis = await startRedis({ appendonly: true })))
  afterAll(() => redis[Symbol.asyncDispose]())
  beforeEach(() => redisCli(redis.port, 'flushall'))

  it('The state in Redis has the layout documented in keys.ts', async () => {
    await using opened = await redisStore(redis.url)
    await opened.store.settings.put(registry, 'a b', 'x')
    const range = ['zrange', 'ecr-local:{123456789012:eu-west-1}:settings', '0', '-1', 'withscores']
    expect(await redisCli(redis.port, ...range)).toBe('a b\0"x"\n0\n')
    expect((await redisCli(redis.port, 'keys', '*')).split('\n').filter(Boolean).sort()).toEqual([
      'ecr-local:layout',
      'ecr-local:{123456789012:eu-west-1}:settings',
    ])
  })
  it('State in Redis that another version wrote is refused', async () => {
    await redisCli(redis.port, 'set', 'ecr-local:layout', '99')
    await expect(redisStore(redis.url)).rejects.toThrow('holds layout "99", and this version understands layout')
  })
  it('Clearing the state in Redis does not affect foreign keys', async () => {
    await redisCli(redis.port, 'set', 'somebody', 'else')
    await using opened = await redisStore(redis.url)
    await opened.store.settings.put(registry, 'a', 'x')
    await opened.store.clear()
    expect((await redisCli(redis.port, 'keys', '*')).split('\n').filter(Boolean).sort()).toEqual([
      'ecr-local:layout',
      'somebody',
    ])
  })
  it('Prefetched reads and concurrent reads each take one round trip to Redis', async () => {
    await using opened = await redisStore(redis.url)
    const { store } = opened
    const read = () => Promise.all(['a', 'b', 'c'].map(async (key) => store.settings.get(registry, key)))
    const inARow = async () => {
      for (const key of ['a', 'b', 'c']) await store.settings.get(registry, key)
    }
    expect(await opened.count(read)).toBe(1)
    expect(await opened.count(inARow)).toBe(3)
    expect(await opened.count(() => store.settings.put(registry, 'a', 'x'))).toBe(1)
  })
  it('Redis accepts a commit of 300 000 writes', async () => {
    await using opened = await redisStore(redis.url)
    const writes = Array.from({ length: 300_000 }, (_, at) => ({ collection: 'settings', key: `k${at}`, value: '"x"' }))
    expect(await opened.keyValue.commit(registry, [], writes)).toBe(true)
    expect(await redisCli(redis.port, 'zcard', 'ecr-local:{123456789012:eu-west-1}:settings')).toBe('300000\n')
  })
  it('Commits continue after Redis has dropped its cached scripts', async () => {
    await using opened = await redisStore(redis.url)
    await opened.store.settings.put(registry, 'a', 'x')
    await redisCli(redis.port, 'script', 'flush')
    await opened.store.settings.put(registry, 'a', 'y')
    expect(await opened.store.settings.get(registry, 'a')).toBe('y')
  })
  it('A full Redis makes writes fail with NoSpace until it has memory again', async () => {
    await using opened = await redisStore(redis.url)
    await opened.store.settings.put(registry, 'b', 'x')
    await redisCli(redis.port, 'config', 'set', 'maxmemory', '1')
    await opened.store.settings.remove(registry, 'b')
    for (const key of ['a', 'c'])
      await expect(opened.store.settings.put(registry, key, 'x')).rejects.toMatchObject({ name: 'NoSpace' })
    await redisCli(redis.port, 'config', 'set', 'maxmemory', '0')
    await opened.store.settings.put(registry, 'a', 'x')
    expect(opened.logged).toEqual(['Redis has no space left'])
  })
  it('A full Redis can be opened, and an empty one is refused with the remedy', async () => {
    await using before = await redisStore(redis.url)
    await before.store.settings.put(registry, 'a', 'x')
    await redisCli(redis.port, 'config', 'set', 'maxmemory', '1')
    try {
      await using opened = await redisStore(redis.url)
      expect(await opened.store.settings.get(registry, 'a')).toBe('x')
      await redisCli(redis.port, 'flushall')
      await expect(redisStore(redis.url)).rejects.toThrow(/OOM.*raise its maxmemory/)
    } finally {
      await redisCli(redis.port, 'config', 'set', 'maxmemory', '0')
    }
  })
  it('A Redis error is reported without the values that were to be written', async () => {
    await using opened = await redisStore(redis.url)
    await redisCli(redis.port, 'set', 'ecr-local:{123456789012:eu-west-1}:settings', 'of another kind')
    const failure = await opened.store.settings.put(registry, 'a', 'x').catch((error: unknown) => error as Error)
    expect(failure?.message).toContain('WRONGTYPE')
    expect(Object.keys(failure ?? {})).toEqual([])
  })
  it('A warning is logged when fewer replicas are connected than writes wait for', async () => {
    await using opened = await redisStore(`${redis.url}?wait=1`)
    const warning = 'Fewer replicas than --store waits for: writes fail as if Redis were unavailable'
    expect(opened.logged).toEqual([warning])
    await expect(opened.store.settings.put(registry, 'a', 'x')).rejects.toMatchObject({ name: 'StoreUnavailable' })
    expect(opened.logged).toEqual([warning])
  })
  it('A password-protected Redis is refused without a password or with a wrong one', async () => {
    await using guarded = await startRedis({ args: ['--requirepass', 'hunter2'] })
    const at = (login: string) => guarded.url.replace('//', `//${login}`)
    await expect(redisStore(guarded.url)).rejects.toThrow(/NOAUTH.*requires a password/)
    await expect(redisStore(at(':hunter3@'))).rejects.toThrow(/WRONGPASS.*correct user and password/)
    await using opened = await redisStore(at(':hunter2@'))
    await opened.store.settings.put(registry, 'a', 'x')
  })
  it('A Redis that cannot be used is refused with a hint at the right setting', async () => {
    const { port } = redis
    const isOver = expect.poll(() => redisCli(port, 'client', 'list'))
    const [nobody, noCluster, noSentinel] = [1, port, port].map((at) => `127.0.0.1:${at}`)
    await Promise.all([
      expect(redisStore(`redis://${nobody}`)).rejects.toThrow(/^Redis does not answer \(.*ECONNREFUSED.*: start it/),
      expect(redisStore(`redis-cluster://${noCluster}`)).rejects.toThrow('redis-cluster:// is for clusters'),
      expect(redisStore(`redis-sentinel://${noSentinel}/mymaster`)).rejects.toThrow('Redis does not answer'),
      expect(redisStore(`${redis.url}/99`)).rejects.toThrow('choose a database that it has'),
    ])
    // The refused clients have left no connection behind.
    await isOver.toMatch(/^[^\n]*cmd=client\|list[^\n]*\n$/)
  })
})
