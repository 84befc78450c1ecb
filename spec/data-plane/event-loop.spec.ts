import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { deleteRepository } from '../../src/registry/repositories/repository-deletion.js'
import { listAll } from '../../src/registry/list-records.js'
import { digestOf as digestOfBytes } from '../../src/registry/images/manifest.js'
import { keyOf } from '../../src/registry/ports/store.js'
import { counting } from '../support/counting.js'
import { heldUpMs, MOST_HELD_UP_MS } from '../support/event-loop.js'
import { errorIn, registry, type RunningRegistry, startRegistry } from '../support/registry.js'
import { digestOf, type Manifest, mediaTypes } from '../support/upstream-content.js'

const repository = 'team/app'
const config = Buffer.from('{}')
const layers = Array.from({ length: 500 }, (_, index) => Buffer.from(`layer ${index}`))
const descriptorOf = (bytes: Buffer, mediaType: string = mediaTypes.ociLayer) => ({
  ...{ mediaType, digest: digestOf(bytes), size: bytes.length },
})

function manifestOf(more: object): Manifest {
  const about = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: descriptorOf(config, mediaTypes.ociConfig),
  }
  const bytes = Buffer.from(JSON.stringify({ ...about, layers: [descriptorOf(layers[0]!)], ...more }))
  return { digest: digestOfBytes(bytes), mediaType: mediaTypes.ociManifest, bytes }
}

const store = counting()
let running: RunningRegistry
beforeAll(async () => {
  running = await startRegistry({ store: store.store })
  await running.createRepository(repository)
  for (const blob of [config, ...layers]) await running.pushBlob(repository, blob)
})
afterAll(() => running[Symbol.asyncDispose]())

const put = (manifest: Manifest, reference?: string) => running.putManifest(repository, manifest, reference)

describe('event loop delay caused by one request', () => {
  it('Pushing an image with the maximum number of layers does not block the event loop', async () => {
    const images = [0, 1, 2].map((run) => manifestOf({ layers: layers.map((bytes) => descriptorOf(bytes)), run }))
    const answers: number[] = []
    const held = await heldUpMs(async (run) => answers.push((await put(images[run]!)).status))
    expect(answers).toEqual([201, 201, 201])
    expect(held).toBeLessThan(MOST_HELD_UP_MS)
  })

  it.each([
    ['one layer 27,000 times', { layers: Array.from({ length: 27_000 }, () => descriptorOf(layers[0]!)) }],
    ['27,000 layers', { layers: Array.from({ length: 27_000 }, (_, at) => descriptorOf(Buffer.from(`no ${at}`))) }],
  ])('Pushing an image of %s is refused without blocking the event loop', async (_, more) => {
    const image = manifestOf(more)
    const refused = await put(image)
    expect(refused.status).toBe(405)
    expect(errorIn(refused)).toEqual({
      code: 'UNSUPPORTED',
      message:
        "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Limit on number of layers per image exceeded'",
    })
    expect(await heldUpMs(() => put(image))).toBeLessThan(MOST_HELD_UP_MS)
  })

  it.each([
    [
      '300,000 annotations',
      manifestOf({ annotations: Object.fromEntries(Array.from({ length: 300_000 }, (_, at) => [`k${at}`, ''])) }),
    ],
    ['a string of nothing but quotes', manifestOf({ annotations: { long: '"'.repeat(2_000_000) } })],
    [
      'a million white spaces more than it needs',
      { ...manifestOf({}), bytes: Buffer.from(`{${' '.repeat(4_000_000)}}`) },
    ],
  ])('Pushing a manifest of %s does not block the event loop', async (_, manifest) => {
    expect(await heldUpMs(() => put(manifest))).toBeLessThan(MOST_HELD_UP_MS)
  })

  it('Setting 330 tags with one push does not block the event loop', async () => {
    const image = manifestOf({ annotations: { tagged: 'often' } })
    const tags = (run: number) => Array.from({ length: 330 }, (_, at) => `tag=v${run}-${at}`).join('&')
    const answers: number[] = []
    const held = await heldUpMs(async (run) => answers.push((await put(image, `${image.digest}?${tags(run)}`)).status))
    expect(answers).toEqual([201, 201, 201])
    expect(held).toBeLessThan(MOST_HELD_UP_MS)
    expect((await running.deps.store.images.get(registry, keyOf(repository, image.digest)))?.tags).toHaveLength(990)
  })

  it('A push that sets twenty tags writes the image record once', async () => {
    const image = manifestOf({ annotations: { tagged: 'twenty times' } })
    const writes = await store.writesOf('images', async () => {
      const { status, headers } = await put(
        image,
        `${image.digest}?${Array.from({ length: 20 }, (_, at) => `tag=t${at}`).join('&')}`,
      )
      expect(status).toBe(201)
      expect(headers['oci-tag']).toContain('t19')
    })
    expect(writes).toBe(1)
  })

  it('A push that moves twenty tags leaves each of them on one image only', async () => {
    const image = manifestOf({ annotations: { takes: 'them over' } })
    const tags = Array.from({ length: 20 }, (_, at) => `tag=t${at}`).join('&')
    expect((await put(image, `${image.digest}?${tags}&tag=t0`)).status).toBe(201)
    const images = await listAll(running.deps.store.images, registry)
    const holders = images.filter(({ tags: has }) => has.some((tag) => /^t\d+$/.test(tag)))
    expect(holders.map(({ digest, tags: has }) => ({ digest, count: has.length }))).toEqual([
      { digest: image.digest, count: 20 },
    ])
  })

  it('Listing referrers with long annotations does not block the event loop', async () => {
    const subject = descriptorOf(Buffer.from('subject'), mediaTypes.ociManifest)
    const long = 'x'.repeat(900_000)
    const pushed = new Set<string>()
    for (let index = 0; index < 6; index++) {
      const manifest = manifestOf({ subject, annotations: { index: String(index), long } })
      pushed.add(manifest.digest)
      expect((await put(manifest)).status).toBe(201)
    }
    const listed: string[] = []
    const held = await heldUpMs(async () => {
      listed.length = 0
      for (let path: string | undefined = `/v2/${repository}/referrers/${subject.digest}`; path !== undefined;) {
        const { headers, body } = await running.send('GET', path)
        expect(body.length).toBeLessThan(4_194_304)
        const { manifests } = JSON.parse(body.toString()) as {
          manifests: { digest: string; annotations: { long: string } }[]
        }
        listed.push(...manifests.map(({ digest }) => digest))
        expect(manifests.every(({ annotations }) => annotations.long === long)).toBe(true)
        path = /<([^>]+)>/.exec(String(headers.link ?? ''))?.[1]
      }
    })
    expect(new Set(listed)).toEqual(pushed)
    expect(listed).toHaveLength(6)
    expect(held).toBeLessThan(MOST_HELD_UP_MS)
  })
})

describe('event loop delay caused by deleting a repository', () => {
  it('Deleting a very large repository does not block the event loop and leaves no record behind', async () => {
    const { store: records } = running.deps
    const name = (run: number) => `team/big${run}`
    for (const run of [0, 1, 2]) {
      await running.createRepository(name(run))
      for (let first = 0; first < 5000; first += 1000)
        await records.transact(registry, async ({ images, layers: recorded, tags }) => {
          for (let at = first; at < first + 1000; at++) {
            const digest = `sha256:${String(at).padStart(64, '0')}`
            await recorded.put(registry, keyOf(name(run), digest), { repository: name(run), digest, size: 1 })
            if (at % 10 > 0) continue
            const image = {
              repository: name(run),
              digest,
              mediaType: mediaTypes.ociManifest,
              manifestSize: 1,
              imageSize: 1,
            }
            await images.put(registry, keyOf(name(run), digest), {
              ...image,
              blobs: [],
              manifests: [],
              tags: [`v${at}`],
              pushedAt: 0,
            })
            await tags.put(registry, keyOf(name(run), `v${at}`), { repository: name(run), tag: `v${at}`, digest })
          }
        })
    }
    const held = await heldUpMs((run) => deleteRepository(running.deps, registry, name(run), { force: true }))
    expect(held).toBeLessThan(MOST_HELD_UP_MS)
    for (const collection of ['images', 'tags', 'layers'] as const) {
      const left = await listAll<{ repository: string }>(records[collection], registry)
      expect(left.filter((record) => record.repository.startsWith('team/big'))).toEqual([])
    }
  })
})
