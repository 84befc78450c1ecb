import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { seededBytes } from '../spec/support/upstream-content.js'
import { cached, cachingEmulator } from './caching.js'
import { makeImageOf, type Target } from './content.js'
import { directory } from './processes.js'
import { interleaved } from './rounds.js'
import type { Extent, Section } from './section.js'
import { dockerRegistry, nginx } from './servers.js'
import { comparison, milliseconds } from './table.js'
import { timedClient } from './timed-client.js'

const REPOSITORY = 'team/app'
const LAYERS = 5
/** For each response: the five layers of an image have 125 MB/s together, a line of 1 Gbit/s. */
const BYTES_PER_SECOND = 25_000_000
const LAYER_BYTES = 40_000_000
/** 64 clients take this 64 times. */
const SHARED_LAYER_BYTES = 8_000_000
const CLIENTS = 64

/**
 * First pulls from an upstream behind a line of 1 Gbit/s, compared with pulling from it directly: what the cache adds.
 * Then what 64 clients of one image wait, compared with one client.
 */
export const heldUpstream: Section = { name: 'held', needs: ['docker-registry', 'nginx'], measure }

async function measure({ main, rounds }: Extent) {
  const files = join(directory, 'upstream')
  await using upstream = await nginx(files, { bytesPerSecond: BYTES_PER_SECOND })
  await using fast = await nginx(files)
  await using proxy = await dockerRegistry({ proxyOf: upstream.url })
  await using ours = await cachingEmulator(main, upstream)
  const image = imageFiles(files)
  for (let round = -1; round < rounds; round++) {
    await image(`layer-${round}`, LAYER_BYTES)
    for (const clients of [1, CLIENTS]) await image(`shared-${round}-${clients}`, SHARED_LAYER_BYTES)
  }

  const through = cached(ours, REPOSITORY)
  const pull = (target: Target, round: number) => timedClient('cold', target, `layer-${round}`)
  const share = (clients: number, round: number) => timedClient('cold', through, `shared-${round}-${clients}`, clients)
  const turns = (first: number) => ({
    direct: (round: number) => pull({ url: upstream.url, repository: REPOSITORY }, first + round),
    proxy: (round: number) => pull({ url: proxy.url, repository: REPOSITORY }, first + round),
    ours: (round: number) => pull(through, first + round),
    first: async (round: number) => {
      await using started = await cachingEmulator(main, upstream)
      return await pull(cached(started, REPOSITORY), first + round)
    },
    one: (round: number) => share(1, first + round),
    many: (round: number) => share(CLIENTS, first + round),
    unlimited: (round: number) =>
      timedClient('cold', { url: fast.url, repository: REPOSITORY }, `shared-${first + round}-${CLIENTS}`, CLIENTS),
  })
  await interleaved(1, { ...turns(-1), first: undefined })
  const { direct, proxy: proxied, ours: warm, first, one, many, unlimited } = await interleaved(rounds, turns(0))
  const show = milliseconds
  const to = (figure: string, times: readonly number[], aim?: { atMost: number }) =>
    comparison({ figure, ours: times, theirs: direct, than: 'direct', show, aim })
  const figure = 'cold pull of 200 MB at 125 MB/s'
  const shared = `${CLIENTS} clients, a cold image of 40 MB`
  return [
    to(figure, warm, { atMost: 1.05 }),
    to(`${figure}, first of a process`, first, { atMost: 1.05 }),
    to(`${figure}, docker-registry proxy`, proxied),
    comparison({ figure: shared, ours: many, theirs: one, than: 'one client', show, aim: { atMost: 1.5 } }),
    comparison({ figure: shared, ours: many, theirs: unlimited, than: 'nginx without a limit', show }),
  ]
}

/** Writes images as the files that a registry would serve, each with layers of its own. */
function imageFiles(files: string) {
  const content = seededBytes(LAYER_BYTES, 'layers')
  return async (tag: string, layerBytes: number) => {
    const repository = join(files, 'v2', REPOSITORY)
    await mkdir(join(repository, 'manifests'), { recursive: true })
    await mkdir(join(repository, 'blobs'), { recursive: true })
    const layers = Array.from({ length: LAYERS }, (_, index) => {
      const bytes = Buffer.from(content.subarray(0, layerBytes))
      seededBytes(64, `${tag} ${index}`).copy(bytes)
      return bytes
    })
    const { image, blobs } = makeImageOf(layers, tag)
    for (const { digest, bytes } of blobs) await writeFile(join(repository, 'blobs', digest), bytes)
    await writeFile(join(repository, 'manifests', tag), image.bytes)
  }
}
