import { setTimeout as sleep } from 'node:timers/promises'
import { cached, cachingEmulator } from './caching.js'
import { LAYERS_OF_100_MB, pushImage } from './content.js'
import type { Server } from './processes.js'
import { interleaved, median } from './rounds.js'
import type { Extent, Section } from './section.js'
import { dockerRegistry } from './servers.js'
import { atMost, comparison, cpuPerGigabyte, milliseconds } from './table.js'
import { timedClient } from './timed-client.js'

const REPOSITORY = 'team/app'
const GIGABYTES = 0.1
/** Rounds until V8 has compiled what a transfer runs: the figures are those of a process that has pulled before. */
const WARMING = 3
const SETTLED_MS = 300

/**
 * How long a first pull takes, and what it costs. Upstream, cache and client share all CPUs, as on a developer's
 * machine. Every round pulls an image that was never pulled before; the first three only warm up the processes.
 */
export const coldPull: Section = { name: 'cold', needs: ['docker-registry'], measure }

async function measure({ main, rounds }: Extent) {
  await using upstream = await dockerRegistry()
  await using proxy = await dockerRegistry({ proxyOf: upstream.url })
  await using ours = await cachingEmulator(main, upstream)
  for (let round = -WARMING; round < rounds; round++)
    await pushImage({ url: upstream.url, repository: REPOSITORY }, LAYERS_OF_100_MB, `round-${round}`)

  const costs: Record<'ours' | 'proxy', number[]> = { ours: [], proxy: [] }
  const through = {
    ours: cached(ours, REPOSITORY),
    proxy: { url: proxy.url, repository: REPOSITORY },
  }
  const turn = (name: 'ours' | 'proxy', server: Server, first: number) => async (round: number) => {
    const before = server.cpuSeconds()
    const elapsed = await timedClient('cold', through[name], `round-${first + round}`)
    // What follows the last byte counts, too: the commit of the bytes and records.
    await sleep(SETTLED_MS)
    if (first === 0) costs[name].push((server.cpuSeconds() - before) / GIGABYTES)
    return elapsed
  }
  const turns = (first: number) => ({ ours: turn('ours', ours, first), proxy: turn('proxy', proxy, first) })
  await interleaved(WARMING, turns(-WARMING))
  const result = await interleaved(rounds, turns(0))
  const than = 'docker-registry proxy'
  const times = { ours: result.ours, theirs: result.proxy, than, show: milliseconds }
  const cost = { figure: 'CPU of a cold pull', ours: costs.ours, theirs: costs.proxy, than, show: cpuPerGigabyte }
  return [
    comparison({ figure: 'cold pull of a 100 MB image', ...times, aim: { atMost: 1.05 } }),
    { ...comparison(cost), ...atMost(median(costs.ours), 3.8, cpuPerGigabyte) },
  ]
}
