import { describe, expect, it } from 'vitest'
import { newRepository } from '../../../src/registry/repositories/repository.js'
import { registry, startCache } from '../../support/cache.js'
import { faultyUpstream } from '../../support/faulty-upstream.js'
import { allowing, userOf } from '../../support/registry.js'
import { stall } from '../../support/upstream-faults.js'

const other = '444455556666'
const everybody = {
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Principal: '*', Action: 'ecr:*', Resource: '*' },
}
const users = { dev: { policies: [allowing('ecr:*')] }, ops: { policies: [allowing('ecr:*')] } }
const [dev, ops, guest] = [userOf('dev', registry.account), userOf('ops', registry.account), userOf('dev', other)]

/** A cache with one pulled image, whose upstream has more and from then on never answers for `slow/`. */
async function silentUpstream(planeLimits: { requestsAtOnce?: number; connections?: number }) {
  const upstream = await faultyUpstream()
  const image = upstream.addImage('team/app', { tag: 'v1' })
  const cache = await startCache({
    upstreams: { 'quay.io': upstream.url },
    accounts: { [registry.account]: { users }, [other]: { users } },
    limits: { answerMs: 60_000, idleTimeoutMs: 60_000 },
    planeLimits,
  })
  await cache.addRule({ ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io' })
  await cache.store.registryPolicies.put(registry, 'policy', { text: JSON.stringify(everybody) })
  await (await cache.ask('quay/team/app/manifests/v1')).body.dump()
  await cache.settled()
  upstream.fault('/slow/', stall())
  const pull = async (holder: typeof dev, path: string) => {
    const { statusCode, headers, body } = await cache.ask(path, {}, 'GET', holder)
    await body.dump()
    return { status: statusCode, retryAfter: headers['retry-after'] }
  }
  return {
    ...{ upstream, cache, image, pull },
    async [Symbol.asyncDispose]() {
      upstream.heal()
      await cache[Symbol.asyncDispose]()
      await upstream.close()
    },
  }
}

const served = { status: 200, retryAfter: undefined }
const cached = 'quay/team/app/manifests/v1'

describe('first pulls that wait for an upstream', () => {
  it('First pulls that wait for an upstream do not block pulls of cached images', async () => {
    await using given = await silentUpstream({ requestsAtOnce: 4 })
    const waiting = Array.from({ length: 40 }, (_, index) => given.pull(dev, `quay/slow/x${index}/manifests/t`))
    await given.upstream.asked('/slow/', 20)
    for (const holder of [dev, ops, guest]) expect(await given.pull(holder, cached)).toEqual(served)
    given.upstream.heal()
    for (const { status } of await Promise.all(waiting)) expect(status).toBe(404)
  })

  it('A caller with too many waiting first pulls gets 429, and other callers do not', async () => {
    await using given = await silentUpstream({ connections: 64 })
    const waiting = Array.from({ length: 60 }, (_, index) => given.pull(dev, `quay/slow/x${index}/manifests/t`))
    expect(await Promise.race(waiting)).toEqual({ status: 429, retryAfter: '1' })
    given.upstream.addImage('team/new', { tag: 'v1' })
    for (const holder of [ops, guest]) expect(await given.pull(holder, 'quay/team/new/manifests/v1')).toEqual(served)
    expect(await given.pull(dev, cached)).toEqual(served)
    given.upstream.heal()
    const statuses = (await Promise.all(waiting)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 404).length).toBeGreaterThan(20)
    expect(new Set(statuses)).toEqual(new Set([404, 429]))
  })
})

describe('check behind too many waiting pulls', () => {
  it('A check that would have to wait behind too many pulls is skipped, and the image is served', async () => {
    await using given = await silentUpstream({ connections: 64 })
    const waiting = Array.from({ length: 60 }, (_, index) => given.pull(dev, `quay/slow/x${index}/manifests/t`))
    expect(await Promise.race(waiting)).toMatchObject({ status: 429 })
    await given.cache.clock.advance(24 * 60 * 60)
    expect(await given.pull(dev, cached)).toEqual(served)
    given.upstream.heal()
    await Promise.all(waiting)
  })
})

describe('slow layers of one account', () => {
  it('The slow layers of one account do not hold up layers, manifests and configs of another', async () => {
    await using given = await silentUpstream({})
    const slow = given.upstream.addImage('slow/app', { layers: 30, layerSize: 1_100_000, seed: 'slow' })
    const large = given.upstream.addImage('team/large', { tag: 'v1', layers: 1, layerSize: 1_100_000, seed: 'large' })
    given.upstream.heal()
    given.upstream.tag('slow/app', 'v1', slow.digest)
    for (const layer of slow.layers) given.upstream.fault(`/slow/app/blobs/${layer}`, stall(1000))
    await given.pull(dev, 'quay/slow/app/manifests/v1')
    const waiting = slow.layers.map((layer) => given.pull(dev, `quay/slow/app/blobs/${layer}`).catch(() => undefined))
    await given.upstream.asked('/slow/app/blobs/', 6)

    const theirs = { account: other, region: registry.region }
    await given.cache.store.rules.put(theirs, 'quay', {
      ...{ ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io', createdAt: 0, updatedAt: 0 },
    })
    await given.cache.store.repositories.insert(
      theirs,
      'quay/team/large',
      newRepository('quay/team/large', new Date(0)),
    )
    const host = `${other}.dkr.ecr.${registry.region}.amazonaws.com`
    const pullTheirs = async (path: string) => {
      const { statusCode, body } = await given.cache.ask(path, { host }, 'GET', guest)
      return { status: statusCode, bytes: (await body.arrayBuffer()).byteLength }
    }
    expect(await pullTheirs('quay/team/large/manifests/v1')).toMatchObject({ status: 200 })
    expect(await pullTheirs(`quay/team/large/blobs/${large.config}`)).toMatchObject({ status: 200 })
    expect(await pullTheirs(`quay/team/large/blobs/${large.layers[0]}`)).toEqual({ status: 200, bytes: 1_100_000 })
    given.upstream.heal()
    await Promise.all(waiting)
  })
})
