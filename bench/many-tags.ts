import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { lmdbKeyValue } from '../src/adapters/lmdb/key-value.js'
import type { Image } from '../src/registry/images/image.js'
import { keyOf, type Store } from '../src/registry/ports/store.js'
import { storeOf } from '../src/store/store-of.js'
import { registry, startRegistry } from '../spec/support/registry.js'
import { makeImage } from '../spec/support/upstream-content.js'
import { directory } from './processes.js'
import { interleaved, median } from './rounds.js'
import type { Extent, Section } from './section.js'
import { comparison, type Row } from './table.js'

const [FEW, TAGS_PER_IMAGE] = [10, 1000]
const REQUESTS = 300
const MOST_ROUNDS = 3

/** How long requests take in a repository of a million tags and in one of ten tags in the same embedded store. */
export const manyTags: Section = { name: 'tags', needs: [], measure }

async function measure({ rounds, quick }: Extent): Promise<Row[]> {
  const many = quick ? 100_000 : 1_000_000
  const store = storeOf(lmdbKeyValue({ path: join(directory, 'many-tags') }))
  await using running = await startRegistry({ store })
  await stock('few', FEW, store, running)
  await stock('many', many, store, running)
  const { image, blobs } = makeImage({ layers: 1, layerSize: 10, seed: 'new' })
  let put = 0
  const ask = async (method: string, path: string, body?: Buffer) => {
    const headers = { 'content-type': image.mediaType }
    const { status } = await running.send(method, path, body ? { headers, body } : {})
    if (status >= 300) throw new Error(`${method} ${path}: ${status}`)
  }
  for (const name of ['few', 'many']) for (const blob of blobs) await running.pushBlob(name, blob)
  const operations: Record<string, (name: string, count: number) => Promise<void>> = {
    'one more tag': (name) => ask('PUT', `/v2/${name}/manifests/new-${put++ % 500}`, image.bytes),
    'a pull by tag': (name, count) =>
      ask('GET', `/v2/${name}/manifests/${tagOf(name === 'few' ? count % FEW : count)}`),
    'ten tags of the list': (name) => ask('GET', `/v2/${name}/tags/list?n=10`),
  }
  const rows: Row[] = []
  for (const [what, work] of Object.entries(operations)) {
    const timed = (name: string) => () => timesOf((count) => work(name, count))
    const { ours, theirs } = await interleaved(Math.min(rounds, MOST_ROUNDS) + 1, {
      ours: timed('many'),
      theirs: timed('few'),
    })
    const show = (ms: number) => `${ms.toFixed(2)} ms`
    const figure = `${what}, of ${many.toLocaleString('en')} tags`
    rows.push(comparison({ figure, ours, theirs, than: `of ${FEW}`, show, aim: { atMost: 2 } }))
  }
  await store.close()
  return rows
}

async function timesOf(work: (count: number) => Promise<void>): Promise<number> {
  const times: number[] = []
  for (let count = 0; count < REQUESTS; count++) {
    const begun = performance.now()
    await work(count)
    times.push(performance.now() - begun)
  }
  return median(times)
}

const tagOf = (index: number) => `v${String(index).padStart(7, '0')}`

/** Creates a repository with a pushed image under the first tags, and images of the same content under the others. */
async function stock(name: string, count: number, store: Store, running: Awaited<ReturnType<typeof startRegistry>>) {
  await running.createRepository(name)
  const { digest } = await running.push(name, { layers: 1, layerSize: 10 })
  const pushed = await store.images.get(registry, keyOf(name, digest))
  if (!pushed) throw new Error('The image was pushed')
  for (let first = 0; first < count; first += TAGS_PER_IMAGE) {
    const own = first === 0 ? digest : `sha256:${createHash('sha256').update(`${name} ${first}`).digest('hex')}`
    const tags = Array.from({ length: Math.min(TAGS_PER_IMAGE, count - first) }, (_, index) => tagOf(first + index))
    await record({ ...pushed, digest: own, tags }, store)
  }
}

const record = (image: Image, store: Store) =>
  store.transact(registry, async ({ images, tags }) => {
    const { repository, digest } = image
    await images.put(registry, keyOf(repository, digest), image)
    for (const tag of image.tags) await tags.put(registry, keyOf(repository, tag), { repository, tag, digest })
  })
