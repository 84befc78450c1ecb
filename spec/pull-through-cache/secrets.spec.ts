import { expect, it } from 'vitest'
import { SecretFailure, type Secrets } from '../../src/registry/ports/secrets.js'
import { registry, startCache } from '../support/cache.js'
import { faultyUpstream } from '../support/faulty-upstream.js'

const DAY = 86_400
const credentialArn = `arn:aws:secretsmanager:${registry.region}:${registry.account}:secret:ecr-pullthroughcache/quay-AbCdEf`

/** A cached image of a rule with a secret, which can be broken. */
async function cachedImage() {
  const upstream = await faultyUpstream()
  const image = upstream.addImage('team/app', { tag: 'v1' })
  let broken: SecretFailure['kind'] | undefined
  let asked = 0
  const secrets: Secrets = {
    async get() {
      asked++
      if (broken) throw new SecretFailure(broken, 'The secret cannot be used.')
      return { username: 'u', accessToken: 't' }
    },
  }
  const cache = await startCache({ upstreams: { 'quay.io': upstream.url }, secrets })
  await cache.addRule({ ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io', credentialArn })
  await (await cache.ask('quay/team/app/manifests/v1')).body.dump()
  await cache.settled()
  return {
    upstream,
    image,
    cache,
    break: (kind: SecretFailure['kind']) => void (broken = kind),
    asked: () => asked,
    async [Symbol.asyncDispose]() {
      await cache[Symbol.asyncDispose]()
      await upstream.close()
    },
  }
}

it('A cached image is served without its secret, and also when the check that is due cannot read it', async () => {
  await using given = await cachedImage()
  given.break('unavailable')
  const before = given.asked()
  expect((await given.cache.ask('quay/team/app/manifests/v1')).statusCode).toBe(200)
  expect(given.asked()).toBe(before)
  await given.cache.clock.advance(DAY + 1)
  const answer = await given.cache.ask('quay/team/app/manifests/v1')
  expect([answer.statusCode, answer.headers['docker-content-digest']]).toEqual([200, given.image.digest])
  expect((await given.cache.events()).at(-1)).toMatchObject({
    action: 'check',
    'sync-status': 'FAILED',
    outcome: 'cached image kept: The secret cannot be used.',
  })
})

it.each([
  ['malformed', 403, 'DENIED', /^The authentication to the upstream registry failed\./],
  ['undecryptable', 403, 'DENIED', /^The authentication to the upstream registry failed\./],
  ['inaccessible', 403, 'DENIED', /^The authentication to the upstream registry failed\./],
  ['unavailable', 503, 'UNAVAILABLE', /^The secret cannot be used\.$/],
] as const)('A first pull whose secret is %s is refused with %i %s', async (kind, status, code, message) => {
  await using given = await cachedImage()
  given.break(kind)
  const answer = await given.cache.ask('quay/team/other/manifests/v1')
  expect(answer.statusCode).toBe(status)
  const { errors } = (await answer.body.json()) as { errors: unknown[] }
  expect(errors).toMatchObject([{ code, message: expect.stringMatching(message) }])
  expect(given.upstream.count('team/other')).toBe(0)
})

it('No secret is read while network.egress is none', async () => {
  await using upstream = await faultyUpstream()
  const secrets: Secrets = { get: () => Promise.reject(new Error('no secret may be read')) }
  await using cache = await startCache({ upstreams: { 'quay.io': upstream.url }, secrets, egress: 'none' })
  await cache.addRule({ ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io', credentialArn })
  const answer = await cache.ask('quay/team/app/manifests/v1')
  expect(answer.statusCode).toBe(404)
  expect(await answer.body.text()).toContain('network.egress')
})
