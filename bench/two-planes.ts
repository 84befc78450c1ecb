import type { Server } from './processes.js'
import { interleaved } from './rounds.js'
import type { Extent, Section } from './section.js'
import { balancer, canBalance, planes } from './servers.js'
import { REPOSITORY, stock, TAG } from './stock.js'
import { comparison, perCpuSecond, perSecond, type Row, skipped } from './table.js'
import { warmUp, wrk } from './wrk.js'

/** Two data planes over one embedded store, behind a balancer, compared with one behind the same balancer. */
export const twoPlanes: Section = { name: 'processes', needs: ['wrk'], measure }

const FIGURE = 'manifest by tag, two data planes'

/** All processes share all CPUs: the planes, the balancer and the client. */
async function measure({ main, rounds }: Extent): Promise<Row[]> {
  await using pairs = await planes({ main, store: 'embedded', count: 2 })
  const [first] = pairs.each
  if (!first) return []
  await stock(first)
  await using one = await pairs.onOnePort(1)
  await using two = await pairs.onOnePort(2)
  const loadOn = ({ url }: Server) => ({
    url: `${url}/v2/${REPOSITORY}/manifests/${TAG}`,
    headers: { authorization: first.authorization },
    connections: 16,
  })
  const perCpu = { one: [] as number[], two: [] as number[] }
  const measured = async (of: Server, costs: number[]) => {
    const before = of.cpuSeconds()
    const { requests, perSecond: rate } = await wrk(loadOn(of), 1)
    costs.push(requests / (of.cpuSeconds() - before))
    return rate
  }
  await warmUp(loadOn(one))
  await warmUp(loadOn(two), 2)
  const rates = await interleaved(rounds, {
    one: () => measured(one, perCpu.one),
    two: () => measured(two, perCpu.two),
  })
  const than = 'one data plane'
  return [
    comparison({ figure: FIGURE, ours: rates.two, theirs: rates.one, than, show: perSecond, aim: { atLeast: 1.6 } }),
    comparison({ figure: `${FIGURE}: their CPU`, ours: perCpu.two, theirs: perCpu.one, than, show: perCpuSecond }),
    await behindNginx(),
  ]

  async function behindNginx(): Promise<Row> {
    const figure = `${FIGURE} behind nginx`
    if (!canBalance()) return skipped(figure, 'missing nginx-stream: apt-get install nginx libnginx-mod-stream')
    const dataPlanes = pairs.each.map(({ dataPlane }) => dataPlane)
    await using beforeOne = await balancer(dataPlanes.slice(0, 1))
    await using beforeTwo = await balancer(dataPlanes)
    await warmUp(loadOn(beforeTwo), 2)
    const rate = (of: Server) => async () => (await wrk(loadOn(of), 1)).perSecond
    const results = await interleaved(rounds, { one: rate(beforeOne), two: rate(beforeTwo) })
    return comparison({ figure, ours: results.two, theirs: results.one, than, show: perSecond })
  }
}
