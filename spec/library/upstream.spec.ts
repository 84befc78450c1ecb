import { CreatePullThroughCacheRuleCommand } from '@aws-sdk/client-ecr'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type EcrLocal, startEcrLocal } from '../../src/library/ecr-local.js'
import { withTestUpstream } from '../../src/library/upstream/test-upstream.js'
import { createRule, pullerOf } from '../support/library.js'

interface Manifest {
  mediaType: string
  annotations?: Record<string, string>
  artifactType?: string
  config: { digest: string; mediaType: string; size: number }
  layers: { digest: string; mediaType: string; size: number }[]
  manifests: { digest: string; platform: object }[]
}

let ecr: EcrLocal
beforeAll(async () => {
  ecr = await startEcrLocal()
})
afterAll(() => ecr.stop())
afterEach(async () => {
  await ecr.settled()
  ecr.upstream.reset()
  await ecr.reset()
})

const read = async (path: string) => {
  const answer = await fetch(`${ecr.upstream.endpoint}/v2/${path}`)
  return { status: answer.status, bytes: Buffer.from(await answer.arrayBuffer()) }
}
const manifestAt = async (path: string) => JSON.parse((await read(path)).bytes.toString()) as Manifest

describe('An image of the upstream', () => {
  it('An image is the same on every machine and with every version of Node', () => {
    const platforms = ['linux/amd64', 'linux/arm64/v8']
    const made = ecr.upstream.image('library/nginx', 'latest', { platforms, version: '1.27' })
    expect(made.digest).toBe('sha256:71748cc73ad74e7993e1524da76ca364965cba4b6dd71c40e82e68471ad8291f')
    expect(ecr.upstream.image('library/nginx', 'other', { platforms, version: '1.27' }).digest).toBe(made.digest)
    expect(ecr.upstream.image('library/other', 'latest', { platforms, version: '1.27' }).digest).not.toBe(made.digest)
  })

  it('An image for platforms is an index of images whose configurations name them', async () => {
    const { images } = ecr.upstream.image('team/app', 'v1', { platforms: ['linux/amd64', 'linux/arm64/v8'] })
    const index = await manifestAt('team/app/manifests/v1')
    expect(index.mediaType).toBe('application/vnd.oci.image.index.v1+json')
    expect(index.manifests.map(({ digest, platform }) => ({ digest, platform }))).toEqual([
      { digest: images[0]?.digest, platform: { os: 'linux', architecture: 'amd64' } },
      { digest: images[1]?.digest, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
    ])
    const config = JSON.parse((await read(`team/app/blobs/${images[1]?.config}`)).bytes.toString()) as object
    expect(config).toMatchObject({ os: 'linux', architecture: 'arm64', variant: 'v8' })
  })

  it('Another version of an image shares all layers but the uppermost, and its label says which it is', async () => {
    const [one] = ecr.upstream.image('team/app', 'latest', { version: '1', layers: 3 }).images
    const [two] = ecr.upstream.image('team/app', 'latest', { version: '2', layers: 3 }).images
    expect(two?.layers.slice(0, 2)).toEqual(one?.layers.slice(0, 2))
    expect(two?.layers[2]).not.toBe(one?.layers[2])
    const config = JSON.parse((await read(`team/app/blobs/${two?.config}`)).bytes.toString()) as object
    expect(config).toMatchObject({ config: { Labels: { 'org.opencontainers.image.version': '2' } } })
  })

  it('Docker media types, annotations, sizes and the configuration are as asked for', async () => {
    const config = { Cmd: ['/hello'], Env: ['A=1'] }
    ecr.upstream.image('team/app', 'docker', { format: 'docker', platforms: ['linux/amd64'], config })
    ecr.upstream.image('team/app', 'oci', { layers: 1, layerBytes: 50_000, annotations: { team: 'a' } })
    const list = await manifestAt('team/app/manifests/docker')
    expect(list.mediaType).toBe('application/vnd.docker.distribution.manifest.list.v2+json')
    const image = await manifestAt(`team/app/manifests/${list.manifests[0]?.digest}`)
    expect(image.layers[0]?.mediaType).toBe('application/vnd.docker.image.rootfs.diff.tar.gzip')
    const stored = JSON.parse((await read(`team/app/blobs/${image.config.digest}`)).bytes.toString()) as object
    expect(stored).toMatchObject({ config })
    const { annotations, layers } = await manifestAt('team/app/manifests/oci')
    expect(annotations).toEqual({ team: 'a' })
    expect(layers).toHaveLength(1)
    expect(layers[0]?.size).toBeGreaterThan(50_000)
    expect(layers[0]?.size).toBeLessThan(53_000)
  })

  it.each<[object, string]>([
    [{ platforms: ['amd64'] }, `platforms are a list such as ['linux/amd64', 'linux/arm64/v8'], not "amd64"`],
    [{ platforms: [] }, `platforms are a list such as ['linux/amd64', 'linux/arm64/v8'], not []`],
    [{ layers: 0 }, 'layers is a whole number, 1 or more, not 0'],
    [{ layers: [] }, 'layers is a list of one layer or more, not []'],
    [{ layerBytes: 1.5 }, 'layerBytes is a whole number, 0 or more, not 1.5'],
    [{ layers: [{ bytes: -1 }] }, 'bytes of a layer is a whole number, 0 or more, not -1'],
    [
      { layers: [{ files: { '/etc/motd': '' } }] },
      `files of a layer have paths such as 'etc/motd', of 100 bytes at most, not "/etc/motd"`,
    ],
    [{ format: 'docker', annotations: { a: 'b' } }, 'annotations need the format oci, not "docker"'],
  ])('The options %j are refused', (options, message) => {
    expect(() => ecr.upstream.image('team/app', 'v1', options)).toThrow(`upstream.image: ${message}`)
  })

  it.each(['docker.io/Library/nginx', 'team/app:la test', 'https://quay.io/app'])('The name %s is refused', (name) => {
    const [repository = '', tag = 'latest'] = name.split(/:(?!\/)/)
    expect(() => ecr.upstream.image(repository, tag)).toThrow(`'${repository}:${tag}' is not the name of an image`)
  })

  it('A tag is moved to an image that is there, and to no other', async () => {
    const old = ecr.upstream.image('team/app', 'latest', { version: '1' })
    ecr.upstream.image('team/app', 'latest', { version: '2' })
    ecr.upstream.tag('team/app', 'latest', old)
    ecr.upstream.tag('team/app', 'stable', old.digest)
    const tags = JSON.parse((await read('team/app/tags/list')).bytes.toString()) as object
    expect(tags).toEqual({ name: 'team/app', tags: ['latest', 'stable'] })
    const { digest } = (await (await pull()).pull('team/app', 'latest')) as { digest: string }
    expect(digest).toBe(old.digest)
    expect(() => ecr.upstream.tag('team/other', 'latest', old)).toThrow(
      `The upstream has no image team/other@${old.digest}: make it with upstream.image()`,
    )
    const withoutImage = ['team/app', 'latest'] as unknown as Parameters<typeof ecr.upstream.tag>
    expect(() => ecr.upstream.tag(...withoutImage)).toThrow('Which image of team/app? Give what upstream.image() has')
  })

  it('A removed tag is unknown, while its image is there until the repository is removed', async () => {
    const { digest } = ecr.upstream.image('team/app', 'latest')
    ecr.upstream.image('team/app-two', 'latest')
    ecr.upstream.remove('team/app', 'latest')
    expect((await read('team/app/manifests/latest')).status).toBe(404)
    expect((await read(`team/app/manifests/${digest}`)).status).toBe(200)
    ecr.upstream.remove('team/app')
    expect((await read(`team/app/manifests/${digest}`)).status).toBe(404)
    expect((await read('team/app-two/manifests/latest')).status).toBe(200)
  })

  it('A referrer of an image comes through the cache with it', async () => {
    const image = ecr.upstream.image('team/app', 'latest')
    const artifactType = 'application/vnd.cyclonedx+json'
    const { digest } = ecr.upstream.referrer(image, { artifactType, content: '{}', annotations: { by: 'ci' } })
    const client = await pull()
    await client.pull('team/app', 'latest')
    await ecr.settled()
    const { bytes } = await client.get(`cached/team/app/referrers/${image.digest}`)
    expect((JSON.parse(bytes.toString()) as Manifest).manifests).toEqual([
      expect.objectContaining({ digest, artifactType, annotations: { by: 'ci' } }),
    ])
  })
})

describe('Requests to the upstream', () => {
  it('Requests are counted by image, kind, method and status', async () => {
    const { digest, images } = ecr.upstream.image('team/app', 'latest', { platforms: ['linux/amd64'] })
    ecr.upstream.image('team/other', 'latest')
    const client = await pull()
    await client.pull('team/app', 'latest')
    await ecr.settled()
    await client.pull('team/other', 'missing')
    const { upstream } = ecr
    expect(upstream.count({ kind: 'manifest', image: 'team/app' })).toBe(2)
    expect(upstream.count({ kind: 'manifest', image: 'team/app:latest', method: 'GET', status: 200 })).toBe(2)
    expect(upstream.count({ kind: 'blob', image: 'team/app:latest' })).toBe(3)
    expect(upstream.count({ kind: 'blob', image: `team/app@${images[0]?.digest}` })).toBe(3)
    expect(upstream.count({ kind: 'manifest', status: 404 })).toBe(1)
    expect(upstream.requests({ image: 'team/app' })[0]).toMatchObject({
      kind: 'manifest',
      repository: 'team/app',
      reference: 'latest',
      method: 'GET',
      path: '/v2/team/app/manifests/latest',
      status: 200,
    })
    expect(upstream.count({ image: `team/app@${digest}`, kind: 'manifest' })).toBe(1)
    upstream.reset()
    expect(upstream.count()).toBe(0)
    expect((await client.pull('team/app', 'v2')).status).toBe(404)
  })
})

describe('Hosts of the upstream', () => {
  it.each(['public.ecr.aws', 'registry-1.docker.io', 'ghcr.io', 'quay.io', 'registry.k8s.io', 'its own'])(
    'A rule for %s reaches the upstream of the test',
    async (name) => {
      await createRule(ecr, name === 'its own' ? ecr.upstream.host : name)
      const { digest } = ecr.upstream.image('team/app', 'latest')
      expect((await (await pullerOf(ecr)).pull('team/app', 'latest')).digest).toBe(digest)
    },
  )

  it('A rule for a registry of ECR in an account that is not here reaches the upstream without asking AWS', async () => {
    await createRule(ecr, '999988887777.dkr.ecr.eu-west-1.amazonaws.com')
    const { digest } = ecr.upstream.image('team/app', 'latest')
    expect((await (await pullerOf(ecr)).pull('team/app', 'latest')).digest).toBe(digest)
  })

  it('A rule for another Region of an account that is here reads it without the upstream', async () => {
    await createRule(ecr, '000000000000.dkr.ecr.eu-west-1.amazonaws.com')
    expect((await (await pullerOf(ecr)).pull('team/app', 'latest')).status).toBe(404)
    expect(ecr.upstream.count()).toBe(0)
  })

  it.each(['registry.example.com', '*'])('A rule for %s is refused, as the service does', async (host) => {
    const rule = { ecrRepositoryPrefix: 'cached', upstreamRegistryUrl: host }
    await expect(ecr.client().send(new CreatePullThroughCacheRuleCommand(rule))).rejects.toThrow(
      `The upstream registry URL ${host} is invalid. Specify a valid upstream registry URL and try again`,
    )
  })

  it('A host that the settings place elsewhere is not the upstream of the test', async () => {
    await using real = await startEcrLocal()
    const { digest } = real.upstream.image('team/app', 'latest')
    await using other = await startEcrLocal({ upstreams: { 'quay.io': { endpoint: real.upstream.endpoint } } })
    await createRule(other, 'quay.io')
    expect((await (await pullerOf(other)).pull('team/app', 'latest')).digest).toBe(digest)
    expect([real.upstream.count(), other.upstream.count()]).toEqual([expect.any(Number), 0])
    expect(withTestUpstream({ upstreams: { '*': { endpoint: 'https://m' } } }, '0', real.upstream).upstreams).toEqual({
      [real.upstream.host]: { endpoint: real.upstream.endpoint },
      '*': { endpoint: 'https://m' },
    })
  })
})

async function pull() {
  await createRule(ecr, 'public.ecr.aws')
  return pullerOf(ecr)
}
