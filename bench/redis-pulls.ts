import { infoOf, redisDirectory, redisServer } from './redis.js'
import { interleaved, median } from './rounds.js'
import type { Extent, Section } from './section.js'
import { type Emulator, emulator } from './servers.js'
import { REPOSITORY, stock, TAG } from './stock.js'
import { comparison, perCpuSecond, type Row } from './table.js'
import { warmUp, wrk } from './wrk.js'

/** What a cached pull costs with the records in Redis: CPU of both processes, commands and round trips. */
export const redisPulls: Section = { name: 'redis', needs: ['wrk', 'redis-server'], measure }

/** Nothing here has an aim. */
const MOST_ROUNDS = 3

async function measure({ main, rounds }: Extent): Promise<Row[]> {
  await using redis = await redisServer(await redisDirectory())
  await using inRedis = await emulator({ main, store: redis.storeUrl })
  await using embedded = await emulator({ main })
  await stock(embedded)
  const figures = { 'manifest by tag': TAG, 'manifest by digest': await stock(inRedis) }

  const rows: Row[] = []
  for (const [figure, reference] of Object.entries(figures)) {
    const ofRedis = { microseconds: [] as number[], commands: [] as number[] }
    const turns = {
      async redis() {
        const [cpu, commands] = [redis.cpuSeconds(), await infoOf(redis, 'total_commands_processed')]
        const { requests, perCpu } = await pulls(inRedis, reference)
        ofRedis.microseconds.push(((redis.cpuSeconds() - cpu) * 1e6) / requests)
        ofRedis.commands.push(((await infoOf(redis, 'total_commands_processed')) - commands) / requests)
        return perCpu
      },
      embedded: async () => (await pulls(embedded, reference)).perCpu,
    }
    for (const of of [inRedis, embedded]) await warmUp(loadOn(of, reference))
    const { redis: ours, embedded: theirs } = await interleaved(Math.min(rounds, MOST_ROUNDS), turns)
    const trips = await roundTripsOf(inRedis, reference)
    rows.push(
      comparison({ figure: `${figure}, records in Redis`, ours, theirs, than: 'embedded', show: perCpuSecond }),
      {
        figure: `${figure}: redis-server's part`,
        ours: `${median(ofRedis.microseconds).toFixed(0)} µs of CPU`,
        theirs: `${median(ofRedis.commands).toFixed(1)} commands; a pull alone ${trips.toFixed(1)} round trips`,
        ratio: '–',
        aim: 'for information',
      },
    )
  }
  return rows
}

const loadOn = ({ registryUrl, authorization }: Emulator, reference: string, connections = 16) => ({
  url: `${registryUrl}/v2/${REPOSITORY}/manifests/${reference}`,
  headers: { authorization },
  connections,
})

async function pulls(from: Emulator, reference: string, connections?: number) {
  const before = from.cpuSeconds()
  const { requests } = await wrk(loadOn(from, reference, connections), 1)
  return { requests, perCpu: requests / (from.cpuSeconds() - before) }
}

/** The round trips of a pull that shares them with no other. */
async function roundTripsOf(inRedis: Emulator, reference: string): Promise<number> {
  const counted = async () => {
    const metrics = await (await fetch(`${inRedis.url}/metrics`)).text()
    return Number(/^\w*store_round_trips\w* (\d+)$/m.exec(metrics)?.[1])
  }
  const before = await counted()
  const { requests } = await pulls(inRedis, reference, 1)
  return ((await counted()) - before) / requests
}
