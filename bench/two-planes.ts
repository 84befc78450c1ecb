import type { Server } from './processes.js'
import { interleaved } from './rounds.js'
import type { Extent, Section } from './section.js'
import { balancer, canBalance, planes } from './servers.js'
import { REPOSITORY, stock, TAG } from './stock.js'
import { comparison, perCpuSecond, perSecond, type Row, skipped } from './table.js'
import { wrk } from './wrk.js'

/** Two data planes over one embedded store, behind a balancer, compared with one behind the same balancer. */
export const twoPlanes: Section = { name: 'processes', needs: ['wrk', 'nginx'], measure }

const FIGURE = 'manifest by tag, two data planes behind nginx'

/** All processes share all CPUs: the planes, the balancer and the client. */
async function measure({ main, rounds, seconds }: Extent): Promise<Row[]> {
  if (!canBalance()) return [skipped(FIGURE, 'missing nginx-stream: apt-get install libnginx-mod-stream')]
  await using pairs = await planes({ main, store: 'embedded', count: 2 })
  const dataPlanes = pairs.each.map(({ dataPlane }) => dataPlane)
  await using beforeOne = await balancer(dataPlanes.slice(0, 1))
  await using beforeTwo = await balancer(dataPlanes)
  const [first] = pairs.each
  if (!first) return []
  await stock(first)
  const { authorization } = first

  const pulls = (from: Server, perCpu: number[]) => async () => {
    const before = cpuSecondsOf(dataPlanes)
    const url = `${from.url}/v2/${REPOSITORY}/manifests/${TAG}`
    const load = { url, headers: { authorization }, connections: 16, seconds, onAnyCpu: true }
    const { requests, perSecond: rate } = await wrk(load)
    perCpu.push(requests / (cpuSecondsOf(dataPlanes) - before))
    return rate
  }
  const run = async (count: number) => {
    const perCpu = { one: [] as number[], two: [] as number[] }
    const rates = await interleaved(count, {
      one: pulls(beforeOne, perCpu.one),
      two: pulls(beforeTwo, perCpu.two),
    })
    return { rates, perCpu }
  }
  await run(1)
  const { rates, perCpu } = await run(rounds)
  const than = 'one data plane'
  return [
    comparison({ figure: FIGURE, ours: rates.two, theirs: rates.one, than, show: perSecond, aim: { atLeast: 1.6 } }),
    comparison({ figure: `${FIGURE}: theirs`, ours: perCpu.two, theirs: perCpu.one, than, show: perCpuSecond }),
  ]
}

const cpuSecondsOf = (servers: readonly Server[]) => servers.reduce((sum, server) => sum + server.cpuSeconds(), 0)
