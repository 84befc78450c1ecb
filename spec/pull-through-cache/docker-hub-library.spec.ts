import { describe, expect, it } from 'vitest'
import { upstreamRepository } from '../../src/registry/cache-rules/cache-rule.js'
import { startCache } from '../support/cache.js'
import { faultyUpstream } from '../support/faulty-upstream.js'
import { status } from '../support/upstream-faults.js'

const hub = {
  ecrRepositoryPrefix: 'docker-hub',
  upstreamRegistryUrl: 'registry-1.docker.io',
  upstreamRegistry: 'docker-hub',
}

/** A cache for an upstream that refuses what it does not have, as Docker Hub does, and has an official image. */
async function dockerHub(dockerHubLibrary?: 'explicit' | 'automatic') {
  const upstream = await faultyUpstream()
  const image = upstream.addImage('library/nginx', { tag: 'latest' })
  upstream.fault(/\/v2\/nginx\//, status(401))
  const upstreams = { 'registry-1.docker.io': upstream.url, 'quay.io': upstream.url }
  const cache = await startCache({ upstreams, ...(dockerHubLibrary && { dockerHubLibrary }) })
  await cache.addRule(hub)
  await cache.addRule({ ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io', upstreamRegistry: 'quay' })
  const pull = async (name: string) => {
    const answer = await cache.ask(`${name}/manifests/latest`)
    const body = await answer.body.text()
    return { status: answer.statusCode, digest: answer.headers['docker-content-digest'], body }
  }
  return {
    image,
    pull,
    async [Symbol.asyncDispose]() {
      await cache[Symbol.asyncDispose]()
      await upstream.close()
    },
  }
}

describe('official images of Docker Hub', () => {
  it('An official image is pulled with library/ written out, and without it the pull is 403 as on the service', async () => {
    await using given = await dockerHub()
    expect(await given.pull('docker-hub/library/nginx')).toMatchObject({ status: 200, digest: given.image.digest })
    const refused = await given.pull('docker-hub/nginx')
    expect(refused.status).toBe(403)
    expect(JSON.parse(refused.body)).toMatchObject({
      errors: [
        { code: 'DENIED', message: expect.stringMatching(/^The authentication to the upstream registry failed\./) },
      ],
    })
  })

  it('An official image is pulled under both names if dockerHubLibrary is automatic', async () => {
    await using given = await dockerHub('automatic')
    for (const name of ['docker-hub/nginx', 'docker-hub/library/nginx'])
      expect(await given.pull(name)).toMatchObject({ status: 200, digest: given.image.digest })
    expect((await given.pull('quay/nginx')).status).toBe(403)
  })

  it.each([
    [{}, 'docker-hub/nginx', 'library/nginx'],
    [{}, 'docker-hub/team/app', 'team/app'],
    [{}, 'docker-hub/library/nginx', 'library/nginx'],
    [{ ecrRepositoryPrefix: 'ROOT' }, 'nginx', 'library/nginx'],
    [{ upstreamRepositoryPrefix: 'library' }, 'docker-hub/nginx', 'library/nginx'],
    [{ upstreamRepositoryPrefix: 'team' }, 'docker-hub/app', 'team/app'],
    [{ upstreamRegistryUrl: 'ghcr.io', upstreamRegistry: 'github-container-registry' }, 'docker-hub/app', 'app'],
  ])('With automatic, a rule with %j leads from %s to %s', (rule, name, expected) => {
    const whole = { ...hub, createdAt: 0, updatedAt: 0, ...rule }
    expect(upstreamRepository(whole, name, 'automatic')).toBe(expected)
  })
})
