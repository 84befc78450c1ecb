import { memoryBlobStore } from '../../src/adapters/memory/blob-store.js'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { randomIds } from '../../src/adapters/system/random-ids.js'
import { pinnedBlobs } from '../../src/upkeep/pinned-blobs.js'
import { sweep, type SweepOptions } from '../../src/upkeep/collection/sweep.js'
import { storedPins } from '../../src/upkeep/stored-pins.js'
import { storeManifest } from '../../src/registry/images/store-manifest.js'
import { appendPart, beginUpload } from '../../src/registry/layers/layer-upload.js'
import { completeUpload } from '../../src/registry/layers/upload-completion.js'
import { leasesOn } from '../../src/coordination/leases/leases.js'
import { parseManifest } from '../../src/registry/images/manifest.js'
import type { BlobStore } from '../../src/registry/ports/blob-store.js'
import type { KeyValue } from '../../src/registry/ports/key-value.js'
import { noMetrics } from '../../src/registry/ports/metrics.js'
import { keyOf } from '../../src/registry/ports/store.js'
import { pushImage } from '../../src/registry/images/image-push.js'
import { keyedMutex } from '../../src/coordination/keyed-mutex.js'
import { defaultQuotas } from '../../src/registry/quotas.js'
import { newRepository } from '../../src/registry/repositories/repository.js'
import { storeOf } from '../../src/store/store-of.js'
import { imageManifest, sha256 } from './push.js'
import { silent } from './silent-log.js'

export const registry = { account: '123456789012', region: 'us-east-1' }
export const graceSeconds = 3600

/**
 * State and blobs (in memory by default), the rules that use them, the sweep, and a clock that the spec moves. A sweep
 * in memory never returns to the event loop, so its lease is not renewed: `deadAfterMs` must outlast a sweep on a machine
 * that is so busy that it suspends the process.
 */
export function installationWith({
  keyValue = memoryKeyValue(),
  bytes = memoryBlobStore(),
  grace = graceSeconds,
  deadAfterMs = 5000,
}: { keyValue?: KeyValue; bytes?: BlobStore; grace?: number; deadAfterMs?: number } = {}) {
  let offset = 0
  const clock = {
    now: async () => new Date(Date.now() + offset),
    wall: () => new Date(),
    advance: async (seconds: number) => new Date(Date.now() + (offset += seconds * 1000)),
  }
  const store = storeOf(keyValue)
  const pins = storedPins({ store, clock, graceSeconds: grace })
  const leases = leasesOn({ store, ids: randomIds, log: silent, beatMs: 50, deadAfterMs, pollMs: 10 })
  const blobs = pinnedBlobs(bytes, pins)
  const storage = { store, blobs, pins, clock, quotas: defaultQuotas, uploadMutex: keyedMutex() }
  const deps = { ...storage, leases, log: silent, metrics: noMetrics, graceSeconds: grace }

  async function upload(repository: string, content: string) {
    const session = { registry, repository, id: randomIds.uuid() }
    await beginUpload(storage, session, await clock.now())
    await appendPart(storage, session, { bytes: [Buffer.from(content)] })
    return completeUpload(storage, session, sha256(content))
  }
  /** Puts a manifest with an empty config and these layers, which have been uploaded before. */
  async function put(repository: string, layers: readonly string[], tag?: string) {
    const contents = ['{}', ...layers].map((content) => ({ digest: sha256(content), size: content.length }))
    const text = imageManifest(contents[0]!, contents.slice(1))
    const image = {
      ...{ repository, digest: sha256(text), manifest: parseManifest(Buffer.from(text)), manifestSize: text.length },
      ...{ now: (await clock.now()).getTime(), ...(tag !== undefined && { tag }) },
    }
    await storeManifest(blobs, image.digest, Buffer.from(text))
    await pushImage(storage, registry, image, Buffer.from(text))
    return image.digest
  }

  return {
    ...deps,
    bytes,
    upload,
    put,
    push: async (repository: string, layers: readonly string[], tag?: string) => {
      for (const content of ['{}', ...layers]) await upload(repository, content)
      return put(repository, layers, tag)
    },
    createRepository: (name: string) => store.repositories.insert(registry, name, newRepository(name, new Date())),
    layer: (repository: string, content: string) => store.layers.get(registry, keyOf(repository, sha256(content))),
    isKept: async (content: string) => (await bytes.size(sha256(content))) !== undefined,
    kept: async () => (await all(bytes.list())).map(({ digest }) => digest).sort(),
    sweep: (options?: SweepOptions, more: Partial<typeof deps> = {}) => sweep({ ...deps, ...more }, options),
    /** Moves the clock past the grace period, so that everything accessed until now counts as old. */
    later: () => clock.advance(grace + 1),
  }
}

/** Collects all items. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}
