import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Registry } from '../../../src/registry/registry.js'
import { describeWith, redisNeeds } from '../../support/describe-with.js'
import { type RedisStore, redisStore } from '../../support/redis-store.js'
import { type RedisProcess, startRedis } from '../../support/redis.js'

const registry: Registry = { account: '123456789012', region: 'eu-west-1' }

/** A proxy to Redis that breaks once, after Redis has carried out a commit and before its answer arrives. */
async function breakingWay(port: number) {
  let [isToBreak, isCommitted] = [false, false]
  const server = createServer((client) => {
    const redis = connect(port, '127.0.0.1')
    for (const socket of [client, redis])
      socket.on('error', () => {}).on('close', () => (client.destroy(), redis.destroy()))
    client.on('data', (sent) => {
      isCommitted ||= isToBreak && /evalsha/i.test(sent.toString('latin1'))
      redis.write(sent)
    })
    redis.on('data', (answer) => {
      if (!isCommitted) return client.write(answer)
      ;[isToBreak, isCommitted] = [false, false]
      return client.destroy()
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    breakOnce: () => void (isToBreak = true),
    [Symbol.asyncDispose]: async () => void (await once(server.close(), 'close')),
  }
}

describeWith(redisNeeds, 'Redis while it is unavailable', () => {
  let redis: RedisProcess
  let opened: RedisStore
  beforeEach(async () => {
    redis = await startRedis({ appendonly: true })
    opened = await redisStore(redis.url)
    await put('a', 'one')
  })
  afterEach(async () => {
    await opened[Symbol.asyncDispose]()
    await redis[Symbol.asyncDispose]()
  })
  const get = async (key: string) => opened.store.settings.get(registry, key)
  const put = (key: string, value: string) => opened.store.settings.put(registry, key, value)
  const unavailable = { name: 'StoreUnavailable' }
  const timed = async (work: Promise<unknown>) => {
    const startedAt = performance.now()
    await expect(work).rejects.toMatchObject(unavailable)
    return performance.now() - startedAt
  }
  const goesOn = () =>
    expect.poll(() => put('b', 'two').then(() => get('b'), String), { timeout: 60_000, interval: 20 }).toBe('two')

  describe.each([
    { how: 'killed', away: () => redis.kill(), back: () => redis.restart() },
    { how: 'stopped', away: async () => redis.pause(), back: async () => redis.resume() },
  ])('Redis that is $how', ({ away, back }) => {
    it('Requests first wait, then fail, then fail at once while Redis is unavailable, and succeed again afterwards', async () => {
      await away()
      for (const took of await Promise.all([timed(get('a')), timed(put('a', 'two')), timed(get('b'))])) {
        expect(took).toBeGreaterThan(2_000)
        expect(took).toBeLessThan(5_000)
      }
      await expect.poll(() => timed(get('a')), { timeout: 60_000 }).toBeLessThan(900)
      expect(await timed(put('a', 'two'))).toBeLessThan(900)
      await back()
      await goesOn()
      expect(opened.logged).toEqual(['Redis does not answer', 'Redis answers again'])
    })
    it('The last known values are served to callers that accept them while Redis is unavailable', async () => {
      await get('absent')
      const read = () => Promise.all([get('a'), get('absent')])
      await put('a', 'two')
      await away()
      const known = () => opened.store.staleIfError(read)
      const unseen = opened.store.staleIfError(() => get('never seen'))
      await Promise.all([
        expect(known()).resolves.toEqual(['two', undefined]),
        expect(read()).rejects.toMatchObject(unavailable),
        expect(unseen).rejects.toMatchObject(unavailable),
      ])
      await back()
      await goesOn()
      expect(await known()).toEqual(['two', undefined])
    })
    it('A store can be closed while Redis is unavailable', async () => {
      await away()
      const waiting = [timed(get('a')), timed(put('a', 'two'))]
      await opened[Symbol.asyncDispose]()
      await Promise.all(waiting)
      expect(await timed(get('a'))).toBeLessThan(1_000)
    })
  })

  it('Requests wait through a short restart of Redis', async () => {
    await redis.kill()
    const waiting = [get('a'), opened.store.settings.insert(registry, 'c', 'three')]
    await redis.restart()
    expect(await Promise.all(waiting)).toEqual(['one', true])
  })
  it('A commit whose answer is lost is reported as unavailable and not sent again', async () => {
    await using way = await breakingWay(redis.port)
    await using through = await redisStore(way.url)
    await through.store.settings.put(registry, 'b', 'one')
    way.breakOnce()
    await expect(through.store.settings.insert(registry, 'c', 'three')).rejects.toMatchObject(unavailable)
    expect(await through.store.settings.get(registry, 'c')).toBe('three')
  })
  it('A write is not queued for later once Redis is suspected to be unavailable', async () => {
    redis.pause()
    await timed(get('a'))
    await timed(opened.store.settings.insert(registry, 'late', 'three'))
    redis.resume()
    await goesOn()
    expect(await get('late')).toBeUndefined()
  })
  it('The last known values are not served to work that outlives the call accepting them', async () => {
    await redis.kill()
    let behind: Promise<unknown> = Promise.resolve()
    await opened.store.staleIfError(async () => void (behind = timed(get('a'))))
    await behind
  })
  it('The error of an unavailable Redis states the reason as soon as it is known', async () => {
    await redis.kill()
    const refused = { message: expect.stringContaining('ECONNREFUSED') as unknown }
    await expect(get('a')).rejects.toMatchObject({ ...unavailable, ...refused })
    await expect(put('a', 'two')).rejects.toMatchObject({ ...unavailable, ...refused })
  })
  it('No acknowledged write is lost and none is applied twice when Redis restarts repeatedly', async () => {
    let [acknowledged, unknown] = [0, 0]
    await put('count', '0')
    const count = (text: string) => String(Number(text) + 1)
    let isOver = false
    const counting = Array.from({ length: 8 }, async () => {
      while (!isOver)
        await opened.store.settings.update(registry, 'count', count).then(
          () => acknowledged++,
          () => unknown++,
        )
    })
    for (let round = 0; round < 5; round++) {
      const before = acknowledged
      await expect.poll(() => acknowledged, { timeout: 60_000 }).toBeGreaterThan(before + 20)
      await redis.restart()
    }
    isOver = true
    await Promise.all(counting)
    const counted = Number(await get('count'))
    expect(counted).toBeGreaterThanOrEqual(acknowledged)
    expect(counted).toBeLessThanOrEqual(acknowledged + unknown)
  })
  it('A Redis that comes back empty is used from scratch', async () => {
    await redis.restart({ empty: true })
    await expect.poll(() => get('a').catch(String), { timeout: 60_000 }).toBeUndefined()
    await put('a', 'two')
    expect(await get('a')).toBe('two')
  })
})
