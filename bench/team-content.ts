import { createHash } from 'node:crypto'
import { filesystemBlobStore } from '../src/adapters/filesystem/blob-store.js'
import { memoryKeyValue } from '../src/adapters/memory/key-value.js'
import { redisKeyValue } from '../src/adapters/redis/key-value.js'
import { randomIds } from '../src/adapters/system/random-ids.js'
import { storeManifest } from '../src/registry/images/store-manifest.js'
import { mediaTypes, parseManifest } from '../src/registry/images/manifest.js'
import type { KeyValue, Write } from '../src/registry/ports/key-value.js'
import { keyOf } from '../src/registry/ports/store.js'
import { putImage } from '../src/registry/images/image-registration.js'
import { newRepository } from '../src/registry/repositories/repository.js'
import { storeOf } from '../src/store/store-of.js'

/** The registry of an emulator without configured accounts. */
const registry = { account: '000000000000', region: 'us-east-1' }
const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {} }

export const IMAGES_PER_REPOSITORY = 20
/** Layers of an image. All images of a repository share two of them. */
const LAYERS = 3

export const repositoryName = (number: number) => `team-${number % 100}/service-${number}`
export const tagOf = (number: number) => `v1.${number}`

/** Loads the records and manifests that pushes would create, faster than pushes could. */
export interface Loader extends AsyncDisposable {
  /** Creates the repositories with these numbers, without images. */
  repositories(from: number, to: number): Promise<void>
  /**
   * Adds images to the repositories with these numbers. Of every `keepEvery`-th repository the first image's manifest
   * is stored as a blob, so that it can be pulled.
   */
  images(from: number, to: number, keepEvery: number): Promise<void>
}

/**
 * Creates a loader, which copies what `putImage` writes into a store in memory to Redis, a few thousand records at a
 * time, with the same `commit` that the emulator uses.
 */
export async function loader(storeUrl: string, dataDir: string): Promise<Loader> {
  const target = await redisKeyValue({ url: storeUrl, log: silent, onRoundTrip: () => {} })
  const blobs = filesystemBlobStore({ root: dataDir, ids: randomIds })
  const commit = async (writes: Write[]) => {
    for (let at = 0; at < writes.length; at += WRITES) await target.commit(registry, [], writes.slice(at, at + WRITES))
  }

  return {
    async repositories(from, to) {
      const writes = []
      for (let number = from; number < to; number++) writes.push(repositoryWrite(number))
      await commit(writes)
    },
    async images(from, to, keepEvery) {
      for (let first = from; first < to; first += REPOSITORIES_AT_ONCE) {
        const source = memoryKeyValue()
        const kept: string[] = []
        for (let number = first; number < Math.min(first + REPOSITORIES_AT_ONCE, to); number++) {
          const [manifest = ''] = await fill(source, number)
          if (number % keepEvery === 0) kept.push(manifest)
        }
        await commit(await writesOf(source))
        // After the records: the planes' first sweep removes blobs that no record needs, and these are not pinned.
        for (const manifest of kept) await storeManifest(blobs, digestOf(manifest), Buffer.from(manifest))
      }
    },
    [Symbol.asyncDispose]: () => target.close(),
  }
}

const WRITES = 4000
const REPOSITORIES_AT_ONCE = 50
const [MIB, now] = [1024 * 1024, new Date()]

function repositoryWrite(number: number): Write {
  const name = repositoryName(number)
  return { collection: 'repositories', key: name, value: JSON.stringify(newRepository(name, now)) }
}

/** Adds the images of a repository, each with a config and a layer of its own, and returns their manifests. */
async function fill(source: KeyValue, number: number): Promise<string[]> {
  const store = storeOf(source)
  const repository = repositoryName(number)
  await store.repositories.put(registry, repository, newRepository(repository, now))
  const manifests = Array.from({ length: IMAGES_PER_REPOSITORY }, (_, image) => manifestOf(repository, image))
  for (const [image, text] of manifests.entries()) {
    const manifest = parseManifest(Buffer.from(text), mediaTypes.ociManifest)
    for (const { digest, size } of manifest.blobs)
      await store.layers.insert(registry, keyOf(repository, digest), { repository, digest, size })
    const common = { repository, digest: digestOf(text), manifest, manifestSize: text.length, tag: tagOf(image) }
    await putImage(store, registry, { ...common, now: now.getTime() })
  }
  return manifests
}

function manifestOf(repository: string, image: number): string {
  const blob = (kind: string, mediaType: string, size: number) => ({
    mediaType,
    digest: digestOf(`${repository} ${kind}`),
    size,
  })
  const layers = Array.from({ length: LAYERS }, (_, layer) =>
    blob(
      layer < LAYERS - 1 ? `shared ${layer}` : `layer of ${image}`,
      `${mediaTypes.ociManifest.replace('manifest.v1+json', 'layer.v1.tar+gzip')}`,
      (layer + 1) * 10 * MIB,
    ),
  )
  const config = blob(`config of ${image}`, 'application/vnd.oci.image.config.v1+json', 2000)
  return JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers })
}

const COLLECTIONS = ['images', 'tags', 'layers', 'references']

async function writesOf(source: KeyValue): Promise<Write[]> {
  const pages = COLLECTIONS.map(async (collection) =>
    (await source.list(registry, collection, { limit: Infinity })).map(([key, value]) => ({ collection, key, value })),
  )
  return (await Promise.all(pages)).flat()
}

const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`
