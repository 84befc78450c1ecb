import { ECRClient } from '@aws-sdk/client-ecr'
import { Readable } from 'node:stream'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { batchImport } from '../support/batch-import.js'
import { type FaultyUpstream, faultyUpstream } from '../support/faulty-upstream.js'
import { type Planes, startPlanes } from '../support/planes.js'
import { type RedisProcess, startRedis } from '../support/redis.js'
import { authorizationToken, ecrClient, registryClient } from '../support/registry-client.js'
import { createRule } from '../support/rules.js'
import { digestOf } from '../support/upstream-content.js'
import { stall } from '../support/upstream-faults.js'

const MiB = 1024 * 1024
/** How long a takeover after the death of a plane may take: five seconds until it is noticed, and the next look. */
const TAKEN_OVER_WITHIN = 12_000

describe.each(['embedded', 'redis'])('two data planes and two control planes on one %s store', (kind) => {
  let upstream: FaultyUpstream
  let redis: RedisProcess | undefined
  let planes: Planes
  let ecr: ECRClient
  let token: string

  beforeAll(async () => {
    upstream = await faultyUpstream()
    redis = kind === 'redis' ? await startRedis({ appendonly: true }) : undefined
    const config = { upstreams: { 'public.ecr.aws': { endpoint: upstream.url } } }
    planes = await startPlanes({ control: 2, data: 2, store: redis?.url ?? 'embedded', config })
    ecr = ecrClient(planes)
    await ecr.send(createRule())
    token = await authorizationToken(ecr)
  })

  afterAll(async () => {
    await planes[Symbol.asyncDispose]()
    await redis?.[Symbol.asyncDispose]()
    await upstream.close()
  })

  /** Sends a request to one plane, or to the balancer. */
  function ask(method: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT', at: string, path: string, body?: Body) {
    const url = path.startsWith('/') ? `http://${at}${path}` : `http://${at}/v2/ecr-public/${path}`
    const type = { 'content-type': 'application/octet-stream' }
    return request(url, {
      method,
      headers: { authorization: `Basic ${token}`, ...(body && type) },
      body: body ?? null,
    })
  }
  type Body = Buffer | Readable

  async function read(at: string, path: string): Promise<Buffer> {
    const answer = await ask('GET', at, path)
    expect([path, answer.statusCode]).toEqual([path, 200])
    return Buffer.from(await answer.body.arrayBuffer())
  }
  const both = () => [planes.addressOf(0), planes.addressOf(1)] as const

  /** Adds an image upstream and pulls its manifest through the first plane, which then begins to fetch the layer. */
  async function beingFetched(repository: string, afterBytes: number, times = Infinity) {
    const image = upstream.addImage(repository, {
      tag: 'v1',
      layerSize: 4 * MiB,
      layers: 1,
      seed: `${kind} ${repository}`,
    })
    const [layer = ''] = image.layers
    upstream.fault(`blobs/${layer}`, stall(afterBytes), { times })
    await read(planes.addressOf(0), `${repository}/manifests/v1`)
    await upstream.asked(`blobs/${layer}`)
    return { layer, bytes: upstream.content.blobs.get(layer)! }
  }

  it('Two data planes fetch a cold image with one request for its tag and one for its layer', async () => {
    const image = upstream.addImage('team/cold', { tag: 'v1', layerSize: MiB, layers: 1, seed: kind })
    const everywhere = Array.from({ length: 8 }, (_, index) => both()[index % 2 ? 1 : 0])
    await Promise.all(everywhere.map((at) => read(at, 'team/cold/manifests/v1')))
    const layers = await Promise.all(everywhere.map((at) => read(at, `team/cold/blobs/${image.layers[0]}`)))
    for (const layer of layers) expect(digestOf(layer)).toBe(image.layers[0])
    expect(upstream.count('GET /v2/team/cold/manifests/v1')).toBe(1)
    expect(upstream.count(`GET /v2/team/cold/blobs/${image.layers[0]}`)).toBe(1)
  })

  it('Two data planes check a tag that is due once', async () => {
    upstream.addImage('team/tag', { tag: 'v1', seed: kind })
    await read(both()[0], 'team/tag/manifests/v1')
    const headers = { 'content-type': 'application/json' }
    await request(`${planes.endpoint}/_admin/clock`, { method: 'POST', headers, body: '{"advanceSeconds":86400}' })
    token = await authorizationToken(ecr)
    const asked = Array.from({ length: 20 }, (_, index) =>
      ask('HEAD', both()[index % 2 ? 1 : 0], 'team/tag/manifests/v1'),
    )
    for (const { statusCode } of await Promise.all(asked)) expect(statusCode).toBe(200)
    expect(upstream.count('HEAD /v2/team/tag/manifests/v1')).toBe(1)
  })

  it('The parts of one upload are accepted by whichever data plane receives them', async () => {
    await registryClient(planes, token).createRepository(`ecr-public/pushed-${kind}`)
    const [one, other] = both()
    const [first, second] = [Buffer.alloc(70_000, 'a'), Buffer.alloc(30_000, 'b')]
    const begun = await ask('POST', one, `pushed-${kind}/blobs/uploads/`)
    const location = String(begun.headers.location)
    expect((await ask('PATCH', other, location, first)).statusCode).toBe(202)
    expect((await ask('PATCH', one, location, second)).statusCode).toBe(202)
    const whole = Buffer.concat([first, second])
    expect((await ask('PUT', other, `${location}?digest=${digestOf(whole)}`)).statusCode).toBe(201)
    expect((await read(one, `pushed-${kind}/blobs/${digestOf(whole)}`)).equals(whole)).toBe(true)
  })

  it('A second writer of an upload is refused while the first writes at the other data plane', async () => {
    await registryClient(planes, token).createRepository(`ecr-public/busy-${kind}`)
    const [one, other] = both()
    const location = String((await ask('POST', one, `busy-${kind}/blobs/uploads/`)).headers.location)
    let finish = () => {}
    const finished = new Promise<void>((resolve) => (finish = resolve))
    async function* slowly() {
      yield Buffer.alloc(100_000, 'a')
      await finished
      yield Buffer.alloc(1)
    }
    const writing = ask('PATCH', one, location, Readable.from(slowly()))
    await expect.poll(async () => (await ask('GET', other, location)).headers.range).toBe('0-99999')
    const second = async () => {
      const refused = await ask('PATCH', other, location, Buffer.from('b'))
      await refused.body.dump()
      return refused.statusCode
    }
    await expect.poll(second, { timeout: 30_000 }).toBe(409)
    finish()
    expect((await writing).statusCode).toBe(202)
  })

  it('A client gets its whole layer although the data plane that transfers it is killed', async () => {
    const { layer, bytes } = await beingFetched('team/killed', MiB, 1)
    const answer = await ask('GET', both()[1], `team/killed/blobs/${layer}`)
    const received: Buffer[] = []
    let size = 0
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      received.push(chunk)
      size += chunk.length
      if (size >= MiB && size - chunk.length < MiB) await planes.kill(0)
    }
    expect(Buffer.concat(received).equals(bytes)).toBe(true)
    expect(upstream.count(`blobs/${layer}`)).toBe(2)
    await planes.restart(0)
  })

  it('An import completes although the data plane that began it is killed', async () => {
    const image = upstream.addImage('team/import', { tag: 'v1', layers: 1, seed: `${kind} import` })
    upstream.fault(`blobs/${image.layers[0]}`, stall(), { times: 1 })
    const input = { repositoryName: 'ecr-public/team/import', imageIds: [{ imageTag: 'v1' }] }
    const importing = batchImport(ecr, input)
    await upstream.asked(`blobs/${image.layers[0]}`)
    const begun = planes.planes.findIndex((plane) => plane.lines.some((line) => line.includes('team/import')))
    expect(begun).toBeGreaterThanOrEqual(0)
    await planes.kill(begun)
    expect((await importing).images?.[0]?.imageId?.imageDigest).toBe(image.digest)
    upstream.heal()
    expect(digestOf(await read(planes.registry, `team/import/blobs/${image.layers[0]}`))).toBe(image.layers[0])
    await planes.restart(begun)
  })

  it('The planned imports of a killed data plane are completed within 30 seconds, each once', async () => {
    const { layer } = await beingFetched('team/planned', 1000, 1)
    await planes.kill(0)
    await expect.poll(() => upstream.count(`blobs/${layer}`), { timeout: 30_000, interval: 100 }).toBe(2)
    await expect
      .poll(async () => (await read(both()[1], `team/planned/blobs/${layer}`)).length, { timeout: TAKEN_OVER_WITHIN })
      .toBe(4 * MiB)
    expect(upstream.count(`blobs/${layer}`)).toBe(2)
    await planes.restart(0)
  })

  it('An upload continues at another data plane if its own is killed in the middle of a part', async () => {
    await registryClient(planes, token).createRepository(`ecr-public/cut-${kind}`)
    const location = String((await ask('POST', both()[0], `cut-${kind}/blobs/uploads/`)).headers.location)
    const whole = Buffer.alloc(200_000, 'a')
    async function* never() {
      yield whole.subarray(0, 100_000)
      await new Promise(() => {})
    }
    const cut = ask('PATCH', both()[0], location, Readable.from(never())).catch(() => 'cut')
    const rangeAt = async (at: string) => (await ask('GET', at, location)).headers.range
    await expect.poll(() => rangeAt(both()[1])).toBe('0-99999')
    await planes.kill(0)
    expect(await cut).toBe('cut')
    const rest = await ask('PUT', both()[1], `${location}?digest=${digestOf(whole)}`, whole.subarray(100_000))
    expect(rest.statusCode).toBe(201)
    expect((await read(both()[1], `cut-${kind}/blobs/${digestOf(whole)}`)).equals(whole)).toBe(true)
    await planes.restart(0)
  })
})
