import { CreatePullThroughCacheRuleCommand, DescribeRepositoriesCommand } from '@aws-sdk/client-ecr'
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type EmulatorProcess, emulatorProcess } from '../support/emulator-process.js'
import { faultyUpstream } from '../support/faulty-upstream.js'
import { authorizationToken, ecrClient, registryClient } from '../support/registry-client.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { digestOf } from '../support/upstream-content.js'
import { seeded } from './faults/chaos.js'
import { type Acknowledged, loadUntilGone, wrong } from './load.js'

const ROUNDS = 50
const SEED = 20_260_102
/** The load is killed after at most this many answers and a pause of some milliseconds. */
const MOST_ANSWERS = 60
const LONGEST_PAUSE = 10

describe('kill -9', () => {
  it(
    `kill -9 at ${ROUNDS} moments loses nothing that was acknowledged, and nothing wrong is served`,
    { timeout: 600_000 },
    async () => {
      await using upstream = await faultyUpstream()
      await using data = await temporaryDirectory()
      const config = { upstreams: { 'public.ecr.aws': { endpoint: upstream.url } } }
      const start = () => emulatorProcess({ config, dataDir: data.path })
      const random = seeded(SEED)
      const starts: number[] = []
      const all: Acknowledged = { repositories: [], contents: [], indexes: [] }
      let token = ''
      let last: Acknowledged = all
      let loading: Promise<void> | undefined

      for (let round = 0; round < ROUNDS; round++) {
        await using emulator = await start()
        starts.push(emulator.startedInMs)
        if (round === 0) token = await prepare(emulator)
        expect(await missing(last, registryClient(emulator, token))).toEqual([])

        last = { repositories: [], contents: [], indexes: [] }
        let answersLeft = Math.floor(random() * MOST_ANSWERS)
        const pause = random() * LONGEST_PAUSE
        const moment = new Promise<void>((resolve) => {
          const client = registryClient(emulator, token, () => answersLeft-- === 0 && resolve())
          loading = loadUntilGone(client, upstream, round, last)
        })
        await moment.then(() => delay(pause))
        await Promise.all([loading, emulator.stop('SIGKILL')])
        all.repositories.push(...last.repositories)
        all.contents.push(...last.contents)
        all.indexes.push(...last.indexes)
        expect(await damaged(data.path)).toEqual([])
      }
      expect(wrong).toEqual([])
      for (const acknowledged of Object.values<unknown[]>({ ...all })) expect(acknowledged.length).toBeGreaterThan(10)

      await using emulator = await start()
      await expect.poll(() => unfinished(data.path, all), { timeout: 60_000, interval: 200 }).toEqual([])
      // Planned imports that were never acknowledged are resumed too; their temporary files go once they are complete.
      await expect.poll(() => readdir(join(data.path, 'tmp')), { timeout: 60_000, interval: 200 }).toEqual([])
      await upstream.close()
      expect(await missing(all, registryClient(emulator, token))).toEqual([])
      expect(await unknownRepositories(all, emulator)).toEqual([])
      for (const { index, path, asked } of all.indexes)
        expect([index.digest, upstream.count(`/v2/${path.replace('ecr-public/', '')}/manifests/latest`)]).toEqual([
          index.digest,
          asked,
        ])
      expect(median(starts)).toBeLessThan(5_000)
    },
  )
})

async function prepare(emulator: EmulatorProcess): Promise<string> {
  const ecr = ecrClient(emulator)
  const rule = { ecrRepositoryPrefix: 'ecr-public', upstreamRegistryUrl: 'public.ecr.aws' }
  await ecr.send(new CreatePullThroughCacheRuleCommand(rule))
  return authorizationToken(ecr)
}

/** What was acknowledged and is missing or different. */
async function missing({ contents, indexes }: Acknowledged, client: ReturnType<typeof registryClient>) {
  const ofIndexes = indexes.flatMap(({ path, index: { digest } }) => [
    { path: `${path}/manifests/latest`, digest },
    { path: `${path}/manifests/${digest}`, digest },
  ])
  const problems: string[] = []
  for (const { path, digest } of [...contents, ...ofIndexes]) {
    const { status, body } = await client.get(path)
    if (status !== 200 || digestOf(body) !== digest) problems.push(`${path}: ${status} ${digestOf(body)}`)
  }
  return problems
}

async function unknownRepositories({ repositories }: Acknowledged, emulator: EmulatorProcess) {
  const known = new Set<string | undefined>()
  for (let nextToken: string | undefined, more = true; more; more = nextToken !== undefined) {
    const page = await ecrClient(emulator).send(new DescribeRepositoriesCommand({ maxResults: 1000, nextToken }))
    page.repositories?.forEach(({ repositoryName }) => known.add(repositoryName))
    nextToken = page.nextToken
  }
  return repositories.filter((name) => !known.has(name))
}

/** Blobs on disk whose bytes do not match their names. */
async function damaged(dataDir: string): Promise<string[]> {
  const root = join(dataDir, 'blobs')
  const files = await readdir(root, { recursive: true, withFileTypes: true })
  const problems: string[] = []
  for (const file of files.filter((entry) => entry.isFile())) {
    const bytes = await readFile(join(file.parentPath, file.name))
    if (createHash('sha256').update(bytes).digest('hex') !== file.name) problems.push(file.name)
  }
  return problems
}

/** What the pulled indexes need although no client asked for it: it is fetched because it was planned. */
async function unfinished(dataDir: string, { indexes }: Acknowledged): Promise<string[]> {
  const files = new Set(await readdir(join(dataDir, 'blobs'), { recursive: true }))
  const wanted = indexes.flatMap(({ index }) =>
    index.images.flatMap(({ digest, config, layers }) => [digest, config, ...layers]),
  )
  const fileOf = (hex: string) => join('sha256', hex.slice(0, 2), hex)
  return wanted.filter((digest) => !files.has(fileOf(digest.replace('sha256:', ''))))
}

/** The median, because a single start may have met a busy machine. */
const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]

const delay = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))
