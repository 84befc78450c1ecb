import { join } from 'node:path'
import { type TimedRequest, latency } from './latency.js'
import { pushImage } from './content.js'
import { directory } from './processes.js'
import { infoOf, redisDirectory, redisServer, type RedisServer } from './redis.js'
import { median } from './rounds.js'
import type { Extent, Section } from './section.js'
import { type Emulator, emulator } from './servers.js'
import { signedCall } from './signature.js'
import type { Row } from './table.js'
import { IMAGES_PER_REPOSITORY, type Loader, loader, repositoryName, tagOf } from './team-content.js'

/**
 * The registry of a large team after years. Every figure is measured at a hundredth, a tenth and the whole of its size.
 */
export const team: Section = { name: 'team', needs: ['redis-server'], measure }

const REPOSITORIES = 10_000
const SHARES = [0.01, 0.1, 1]
const REQUESTS = 300
const PUSHES = 40
/** The number of repositories whose first image can be pulled, at every size. */
const PULLED = 50
const AIMS = { flat: 1.5, bytesPerImage: 1536 }
const MIB = 1024 * 1024

async function measure({ main, quick }: Extent): Promise<Row[]> {
  const sizes = SHARES.map((share) => (REPOSITORIES / (quick ? 10 : 1)) * share)
  const [redisDir, dataDir] = [await redisDirectory(), join(directory, 'team')]
  const shared = { main, dataDir, config: { garbage: { sweepIntervalSeconds: 86_400 } } }
  const begun = performance.now()
  await using redis = await redisServer(redisDir)
  await using planes = await emulator({ ...shared, store: redis.storeUrl })
  await using loading = await loader(redis.storeUrl, dataDir)

  const [curves, memory] = [new Map<string, number[]>(), [] as MemoryUse[]]
  let before = 0
  for (const size of sizes) {
    memory.push(await load(loading, redis, before, size))
    for (const [figure, milliseconds] of await latencies(planes, size))
      curves.set(figure, [...(curves.get(figure) ?? []), milliseconds])
    before = size
  }
  const rows = [...curves].map(([figure, values]) => curveOf(figure, values, sizes))
  const loadedIn = (performance.now() - begun) / 1000
  return [...rows, ...memoryRows(memory, loadedIn), ...(await restarts(shared, redis, planes, redisDir))]
}

interface MemoryUse {
  readonly size: number
  readonly repositories: number
  readonly images: number
}

/** Loads repositories and images up to a size, and returns the bytes of Redis's memory that they took. */
async function load(loading: Loader, redis: RedisServer, from: number, to: number): Promise<MemoryUse> {
  const used = () => infoOf(redis, 'used_memory_dataset')
  const empty = await used()
  await loading.repositories(from, to)
  const withRepositories = await used()
  await loading.images(from, to, Math.max(1, Math.floor(to / PULLED)))
  return { size: to - from, repositories: withRepositories - empty, images: (await used()) - withRepositories }
}

/** Spreads requests over all repositories, in a reproducible order. */
const someOf = (count: number) => (index: number) => (index * 7919) % count

async function latencies(planes: Emulator, size: number): Promise<[figure: string, milliseconds: number][]> {
  const { host } = new URL(planes.url)
  const some = someOf(size)
  const api = (operation: string, inputOf: (index: number) => object) => (index: number) => {
    const { headers, body } = signedCall(host, operation, inputOf(index))
    return { url: `${planes.url}/`, method: 'POST', headers, body } as const
  }
  const headers = { authorization: planes.authorization }
  const registry = (pathOf: (index: number) => string) => (index: number) => ({
    url: `${planes.registryUrl}/v2/${pathOf(index)}`,
    headers,
  })
  const repositoryStep = Math.max(1, Math.floor(size / PULLED))
  const name = (index: number) => repositoryName(some(index))
  const middle = await tokenOfMiddle(planes, size)
  const figures: Record<string, (index: number) => TimedRequest> = {
    'DescribeRepositories, 100 from the middle': api('DescribeRepositories', () => ({ nextToken: middle })),
    'DescribeRepositories by name': api('DescribeRepositories', (index) => ({ repositoryNames: [name(index)] })),
    'DescribeImages, a repository': api('DescribeImages', (index) => ({ repositoryName: name(index) })),
    'DescribeImages by tag': api('DescribeImages', (index) => ({
      repositoryName: name(index),
      imageIds: [{ imageTag: tagOf(index % IMAGES_PER_REPOSITORY) }],
    })),
    'ListImages, a repository': api('ListImages', (index) => ({ repositoryName: name(index) })),
    'a page of the catalog': registry((index) => `_catalog?n=100&last=${encodeURIComponent(name(index))}`),
    'tags of a repository': registry((index) => `${name(index)}/tags/list`),
    'manifest by tag': registry(
      (index) => `${repositoryName((index * repositoryStep) % (size - (size % repositoryStep)))}/manifests/${tagOf(0)}`,
    ),
  }
  const measured: [string, number][] = []
  for (const [figure, next] of Object.entries(figures)) measured.push([figure, await latency(REQUESTS, next)])
  return [...measured, ['push of an image of two blobs', await pushLatency(planes, size)]]
}

/** The `nextToken` of the page that begins behind half of the repositories. */
async function tokenOfMiddle(planes: Emulator, size: number): Promise<string | undefined> {
  let nextToken: string | undefined
  for (let left = Math.floor(size / 2); left > 0; left -= MAX_PAGE) {
    const page = await planes.call('DescribeRepositories', { maxResults: Math.min(left, MAX_PAGE), nextToken })
    ;({ nextToken } = JSON.parse(page) as { nextToken?: string })
  }
  return nextToken
}

/** The most repositories that a page of DescribeRepositories may have. */
const MAX_PAGE = 1000

async function pushLatency({ registryUrl: url, authorization }: Emulator, size: number): Promise<number> {
  const times: number[] = []
  for (let index = 0; index < PUSHES; index++) {
    const begun = performance.now()
    await pushImage({ url, authorization, repository: repositoryName(someOf(size)(index)) }, [1000], `${size}-${index}`)
    times.push(performance.now() - begun)
  }
  return median(times)
}

/**
 * Compares the whole with a hundredth of it. A cost proportional to the registry's size would be a hundred times as
 * high.
 */
function curveOf(figure: string, values: readonly number[], sizes: readonly number[]): Row {
  const [smallest = NaN, largest = NaN] = [values[0], values.at(-1)]
  const ratio = largest / smallest
  return {
    figure: `${figure}, ${images(sizes.at(-1))}`,
    ours: `${largest.toFixed(2)} ms`,
    theirs: sizes
      .slice(0, -1)
      .map((size, index) => `${values[index]?.toFixed(2)} ms (${images(size)})`)
      .join(', '),
    ratio: ratio.toFixed(2),
    aim: `≤ ${AIMS.flat}`,
    met: ratio <= AIMS.flat,
  }
}

const images = (size = 0) => `${(size * IMAGES_PER_REPOSITORY).toLocaleString('en')} images`

function memoryRows(memory: readonly MemoryUse[], seconds: number): Row[] {
  const total = (part: 'size' | 'repositories' | 'images') => memory.reduce((sum, use) => sum + use[part], 0)
  const perRepository = total('repositories') / total('size')
  const perImage = total('images') / (total('size') * IMAGES_PER_REPOSITORY)
  const bytes = (figure: string, value: number) => ({
    figure,
    ours: `${Math.round(value)} B`,
    theirs: '–',
    ratio: '–',
  })
  return [
    { ...bytes('memory of Redis, a repository', perRepository), aim: 'for information' },
    {
      ...bytes('memory of Redis, an image of three layers with a tag', perImage),
      aim: `≤ ${AIMS.bytesPerImage} B`,
      met: perImage <= AIMS.bytesPerImage,
    },
    {
      figure: `memory of Redis, all ${images(total('size'))}`,
      ours: `${Math.round((total('repositories') + total('images')) / MIB)} MiB`,
      theirs: `loaded and measured in ${Math.round(seconds)} s`,
      ratio: '–',
      aim: 'for information',
    },
  ]
}

/** Restarts Redis while the planes run, then the planes. */
async function restarts(
  shared: { main: string; dataDir: string },
  redis: RedisServer,
  planes: Emulator,
  redisDir: string,
): Promise<Row[]> {
  const bytes = await infoOf(redis, 'aof_current_size')
  await redis[Symbol.asyncDispose]()
  await using again = await redisServer(redisDir)
  await planes[Symbol.asyncDispose]()
  await using planesAgain = await emulator({ ...shared, store: again.storeUrl })
  const begun = performance.now()
  await planesAgain.call('DescribeRepositories', { repositoryNames: [repositoryName(0)] })
  const first = performance.now() - begun
  const row = { theirs: '–', ratio: '–', aim: 'for information' }
  return [
    {
      figure: 'restart of Redis, its append-only file loaded',
      ours: `${Math.round(again.answeredAfterMs)} ms`,
      ...row,
      theirs: `${Math.round(bytes / MIB)} MiB`,
    },
    {
      ...{
        figure: 'restart of the planes, to the first answer',
        ours: `${Math.round(planesAgain.answeredAfterMs)} ms`,
      },
      ...row,
      theirs: `first call ${first.toFixed(0)} ms`,
    },
  ]
}
