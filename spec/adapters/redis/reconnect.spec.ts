import { connect } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { isReady } from '../../../src/compose/ready.js'
import type { Registry } from '../../../src/registry/registry.js'
import { describeWith, redisNeeds, sentinelNeeds } from '../../support/describe-with.js'
import { redisCli } from '../../support/redis-answers.js'
import { startRedisCluster } from '../../support/redis-cluster.js'
import { type RedisSentinel, startRedisSentinel } from '../../support/redis-sentinel.js'
import { type RedisStore, redisStore } from '../../support/redis-store.js'
import { type RedisProcess, startRedis } from '../../support/redis.js'
import { tcpProxy } from '../../support/tcp-proxy.js'

const registry: Registry = { account: '123456789012', region: 'eu-west-1' }
/** Long enough for a failover on a busy machine. */
const BACK_WITHIN_MS = 25_000

let written = 0

/** Whether a value can be written and read back. */
async function works({ store }: RedisStore): Promise<boolean> {
  const value = `${++written}`
  try {
    await store.settings.put(registry, 'a', value)
    return (await store.settings.get(registry, 'a')) === value
  } catch {
    return false
  }
}

const worksAgain = (opened: RedisStore) =>
  expect.poll(() => works(opened), { timeout: BACK_WITHIN_MS, interval: 50 }).toBe(true)

/** Closes every connection of ecr-local to a server, as the server does when it stops or an operator asks for it. */
async function killClients(port: number, name = /name=ecr-local:/) {
  const clients = (await redisCli(port, 'client', 'list')).split('\n').filter((line) => name.test(line))
  for (const line of clients) await redisCli(port, 'client', 'kill', 'id', /\bid=(\d+)/.exec(line)?.[1] ?? '')
  return clients.length
}

describeWith(sentinelNeeds, 'Connections behind Sentinel', () => {
  let sentinel: RedisSentinel
  beforeEach(async () => void (sentinel = await startRedisSentinel()))
  afterEach(() => sentinel[Symbol.asyncDispose]())

  it('The new master is found while a sentinel does not answer', async () => {
    await using opened = await redisStore(sentinel.url)
    await using waiting = await redisStore(`${sentinel.url}?wait=1`)
    const [[silent], [master]] = [sentinel.sentinels, sentinel.servers]
    expect(await works(opened)).toBe(true)
    silent?.pause()
    await master?.kill()
    await worksAgain(opened)
    await worksAgain(waiting)
    silent?.resume()
  })

  it('Redis is found again after all sentinels were down, and again after a failover', async () => {
    await using opened = await redisStore(`${sentinel.url}?wait=1`)
    expect(await works(opened)).toBe(true)
    const master = sentinel.servers[0]
    await Promise.all(sentinel.sentinels.map((each) => each.kill()))
    await killClients(master?.port ?? 0)
    await expect.poll(() => isReady(opened.store)).toBe(false)
    await Promise.all(sentinel.sentinels.map((each) => each.restart()))
    await worksAgain(opened)
    await master?.kill()
    await worksAgain(opened)
  })

  it('Redis is found again after the connections to the sentinels broke while the master was looked up', async () => {
    await using opened = await redisStore(sentinel.url)
    for (let round = 0; round < 5; round++) {
      await worksAgain(opened)
      await killClients(sentinel.servers[0]?.port ?? 0)
      for (const { port } of sentinel.sentinels) await redisCli(port, 'client', 'kill', 'type', 'normal')
    }
    await worksAgain(opened)
  })
})

describeWith(redisNeeds, 'Connections to one Redis', () => {
  let redis: RedisProcess
  beforeEach(async () => void (redis = await startRedis({ appendonly: true })))
  afterEach(() => redis[Symbol.asyncDispose]())

  it.each(['', '?wait=1'])(
    'Connections are restored after the server closed them (store URL with "%s")',
    async (query) => {
      await using replica = await startRedis({ args: ['--replicaof', '127.0.0.1', `${redis.port}`] })
      expect(replica.port).not.toBe(redis.port)
      await using opened = await redisStore(`${redis.url}${query}`)
      for (let round = 0; round < 3; round++) {
        await worksAgain(opened)
        expect(await killClients(redis.port)).toBe(query === '' ? 1 : 2)
      }
      await worksAgain(opened)
    },
  )

  it('With ?wait=1 a broken write connection makes the plane not ready and is logged although reads still work', async () => {
    await using replica = await startRedis({ args: ['--replicaof', '127.0.0.1', `${redis.port}`] })
    let isBreaking = false
    await using proxy = await tcpProxy({
      port: () => redis.port,
      onConnection: (client) => isBreaking && client.resetAndDestroy(),
    })
    await using opened = await redisStore(`redis://127.0.0.1:${proxy.port}?wait=1`)
    expect(replica.port).not.toBe(redis.port)
    await worksAgain(opened)
    expect(await isReady(opened.store)).toBe(true)

    isBreaking = true
    expect(await killClients(redis.port, /name=ecr-local:writes/)).toBe(1)
    await opened.store.settings.get(registry, 'a')
    expect(await isReady(opened.store)).toBe(false)
    await expect
      .poll(() => opened.lines)
      .toContainEqual(expect.objectContaining({ connection: 'writes', message: 'Redis does not answer' }))
    expect(opened.lines).not.toContainEqual(expect.objectContaining({ connection: 'reads' }))

    isBreaking = false
    await worksAgain(opened)
    expect(await isReady(opened.store)).toBe(true)
    expect(opened.lines).toContainEqual(
      expect.objectContaining({ connection: 'writes', message: 'Redis answers again' }),
    )
  })

  it('Connections are restored once Redis accepts more clients again', async () => {
    await using opened = await redisStore(redis.url)
    const only = connect(redis.port, '127.0.0.1')
    only.write('CONFIG SET maxclients 1\r\nCLIENT KILL TYPE normal SKIPME yes\r\n')
    await expect.poll(() => works(opened), { timeout: 10_000 }).toBe(false)
    only.end('CONFIG SET maxclients 100\r\n')
    await worksAgain(opened)
  })

  it('Connections are restored when a changed password is changed back', async () => {
    await using opened = await redisStore(redis.url.replace('redis://', 'redis://:old@'))
    await redisCli(redis.port, 'config', 'set', 'requirepass', 'new')
    const kill = ['-a', 'new', '--no-auth-warning', 'client', 'kill', 'type', 'normal', 'skipme', 'yes']
    await redisCli(redis.port, ...kill)
    await expect.poll(() => works(opened)).toBe(false)
    await redisCli(redis.port, '-a', 'new', '--no-auth-warning', 'config', 'set', 'requirepass', 'old')
    await worksAgain(opened)
  })

  it('Connections are given up with a reason in one line if the login stays refused', async () => {
    await redisCli(redis.port, 'config', 'set', 'requirepass', 'old')
    await using opened = await redisStore(redis.url.replace('redis://', 'redis://:old@'), { giveUpAfterMs: 1_000 })
    await redisCli(redis.port, '-a', 'old', '--no-auth-warning', 'config', 'set', 'requirepass', 'new')
    await redisCli(redis.port, '-a', 'new', '--no-auth-warning', 'client', 'kill', 'type', 'normal', 'skipme', 'yes')
    const { message } = await opened.lost
    expect(message).toMatch(/^Redis refuses this process \(WRONGPASS [^\n]*\): correct user and password in the URL\.$/)
  })

  it('Both connections move to the new master when the address leads to it and the old one becomes a replica', async () => {
    await using other = await startRedis({ args: ['--replicaof', '127.0.0.1', `${redis.port}`] })
    let { port } = redis
    await using proxy = await tcpProxy({ port: () => port })
    await using opened = await redisStore(`redis://127.0.0.1:${proxy.port}?wait=1`)
    await worksAgain(opened)
    ;({ port } = other)
    await redisCli(other.port, 'replicaof', 'no', 'one')
    await redisCli(redis.port, 'replicaof', '127.0.0.1', `${other.port}`)
    await worksAgain(opened)
    await expect.poll(() => redisCli(redis.port, 'client', 'list')).not.toContain('name=ecr-local:')
    expect(await redisCli(other.port, 'client', 'list')).toMatch(/name=ecr-local:(reads|writes)[^]*name=ecr-local:/)
  })

  it('Connections are not used while they lead to a Redis that lacks the database of the URL', async () => {
    await using other = await startRedis({ args: ['--databases', '1'] })
    let { port } = redis
    await using proxy = await tcpProxy({ port: () => port })
    await using opened = await redisStore(`redis://127.0.0.1:${proxy.port}/9`)
    await worksAgain(opened)
    ;({ port } = other)
    await killClients(redis.port)
    await expect.poll(() => works(opened), { timeout: 10_000 }).toBe(false)
    expect((await redisCli(other.port, 'dbsize')).trim()).toBe('0')
    ;({ port } = redis)
    await worksAgain(opened)
  })

  it('Connections recover from a Redis that is a replica for a while or loads its file', async () => {
    await using other = await startRedis()
    await using opened = await redisStore(redis.url)
    await worksAgain(opened)
    await redisCli(redis.port, 'replicaof', '127.0.0.1', `${other.port}`)
    await expect.poll(() => works(opened), { timeout: 10_000 }).toBe(false)
    await redisCli(redis.port, 'replicaof', 'no', 'one')
    await worksAgain(opened)

    await redisCli(redis.port, 'debug', 'populate', '300000')
    await redisCli(redis.port, 'config', 'set', 'key-load-delay', '2')
    void redisCli(redis.port, 'debug', 'reload').catch(() => {})
    await worksAgain(opened)
  })
})

describeWith(redisNeeds, 'Connections to a cluster', () => {
  it('Connections to a cluster are restored after all were closed and after all servers were down', async () => {
    await using cluster = await startRedisCluster()
    await using opened = await redisStore(cluster.url)
    for (let round = 0; round < 3; round++) {
      await worksAgain(opened)
      for (const { port } of cluster.servers) await killClients(port)
    }
    await worksAgain(opened)
    await Promise.all(cluster.servers.map((server) => server.kill()))
    await expect.poll(() => isReady(opened.store)).toBe(false)
    await Promise.all(cluster.servers.map((server) => server.restart()))
    await worksAgain(opened)
  })
})
