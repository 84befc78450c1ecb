import { pushImage } from './content.js'
import { redisDirectory, redisServer } from './redis.js'
import { interleaved } from './rounds.js'
import type { Extent, Section } from './section.js'
import { type Emulator, emulator, planes } from './servers.js'
import { signedCall } from './signature.js'
import { REPOSITORY, stock, TAG } from './stock.js'
import { comparison, perSecond, type Row } from './table.js'
import { wrk } from './wrk.js'

/** The same load on the embedded store and on Redis, with both planes in one process and in separate processes. */
export const stores: Section = { name: 'stores', needs: ['wrk', 'redis-server'], measure }

const PUSHERS = 8
/** Nothing here has an aim: fewer and shorter rounds than elsewhere show the differences. */
const [MOST_ROUNDS, SECONDS] = [2, 1]

/** A registry under load: one process of each kind, or several among which the clients are spread. */
type Contender = readonly Pick<Emulator, 'url' | 'registryUrl' | 'authorization' | 'call'>[]

async function measure({ main, rounds }: Extent): Promise<Row[]> {
  await using redis = await redisServer(await redisDirectory())
  await using other = await redisServer(await redisDirectory())
  await using third = await redisServer(await redisDirectory())
  await using embedded = await emulator({ main })
  await using inRedis = await emulator({ main, store: redis.storeUrl })
  await using apart = await planes({ main, store: other.storeUrl, count: 1 })
  await using twoApart = await planes({ main, store: third.storeUrl, count: 2 })
  const contenders: Record<string, Contender> = {
    'embedded, one process': [embedded],
    'Redis, one process': [inRedis],
    'Redis, one of each plane': apart.each,
    'Redis, two of each plane': twoApart.each,
  }
  for (const [first] of Object.values(contenders)) if (first) await stock(first)

  const rows: Row[] = []
  for (const [figure, load] of Object.entries(loads)) {
    const turns = Object.fromEntries(
      Object.entries(contenders).map(([name, each]) => [
        name,
        (round: number) => load(each, SECONDS, `${name} ${round}`),
      ]),
    )
    await interleaved(1, turns)
    const { 'embedded, one process': theirs = [], ...results } = await interleaved(Math.min(rounds, MOST_ROUNDS), turns)
    for (const [name, ours] of Object.entries(results))
      rows.push(comparison({ figure: `${figure}: ${name}`, ours, theirs, than: 'embedded', show: perSecond }))
  }
  return rows
}

type Load = (each: Contender, seconds: number, seed: string) => Promise<number>

/** Runs the load on all pairs of planes at the same time, with sixteen connections in total. */
const spread = async (each: Contender, rate: (one: Contender[number], connections: number) => Promise<number>) =>
  (await Promise.all(each.map((one) => rate(one, 16 / each.length)))).reduce((sum, value) => sum + value, 0)

const loads: Record<string, Load> = {
  'manifest by tag': (each, seconds) =>
    spread(each, async ({ registryUrl, authorization }, connections) => {
      const url = `${registryUrl}/v2/${REPOSITORY}/manifests/${TAG}`
      return (await wrk({ url, headers: { authorization }, connections }, seconds)).perSecond
    }),
  DescribeImages: (each, seconds) =>
    spread(each, async ({ url }, connections) => {
      const call = signedCall(new URL(url).host, 'DescribeImages', { repositoryName: REPOSITORY })
      return (await wrk({ url: `${url}/`, ...call, connections }, seconds)).perSecond
    }),
  'push of an image of two small blobs': async (each, seconds, seed) => {
    const until = performance.now() + seconds * 1000
    const begun = performance.now()
    let count = 0
    const pusher = async (number: number) => {
      const one = each[number % each.length]
      for (let index = 0; one && performance.now() < until; index++) {
        const { registryUrl: url, authorization } = one
        const tag = `${seed} ${number} ${index}`.replaceAll(/[^\w]+/g, '-')
        await pushImage({ url, authorization, repository: REPOSITORY }, [1000], tag)
        count++
      }
    }
    await Promise.all(Array.from({ length: PUSHERS }, (_, number) => pusher(number)))
    return (count * 1000) / (performance.now() - begun)
  },
}
