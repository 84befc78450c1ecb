import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { pushImage } from './content.js'
import { latency } from './latency.js'
import { pinning, runClient } from './processes.js'
import type { Extent, Section } from './section.js'
import { emulator } from './servers.js'
import { signedCall } from './signature.js'
import { comparison, megabytes, type Row } from './table.js'

const client = fileURLToPath(new URL('flood-client.js', import.meta.url))
const REPOSITORY = 'team/app'
const CONNECTIONS = 10_000
/** The time until all connections are open. */
const RISING_MS = 5_000

/** How much a flood increases the latency of a well-behaved client. Both planes run in one process on one CPU. */
export const flood: Section = { name: 'flood', needs: [], measure }

async function measure({ main, quick }: Extent): Promise<Row[]> {
  await using ours = await emulator({ main, cpu: pinning?.server })
  await ours.call('CreateRepository', { repositoryName: REPOSITORY })
  const { authorization, registryUrl } = ours
  await pushImage({ url: registryUrl, repository: REPOSITORY, authorization }, [100_000], 'latest')
  const call = signedCall(new URL(ours.url).host, 'DescribeRepositories')
  const requests = {
    DescribeRepositories: { url: `${ours.url}/`, method: 'POST' as const, ...call },
    'a manifest by tag': { url: `${registryUrl}/v2/${REPOSITORY}/manifests/latest`, headers: { authorization } },
  }
  const count = quick ? 100 : 400
  const figures = Object.entries(requests)
  const measured = () => inOrder(figures, ([, request]) => latency(count, () => request))
  const before = await measured()

  const seconds = quick ? 15 : 30
  const target = { endpoint: ours.url, registry: new URL(registryUrl).host, repository: REPOSITORY, authorization }
  const args = [client, JSON.stringify({ ...target, connections: CONNECTIONS }), String(seconds)]
  const flooding = runClient(process.execPath, args, pinning?.client)
  await sleep(RISING_MS)
  const during = await measured()
  process.stderr.write(`  sent: ${await flooding}\n`)

  const rows = figures.map(([name], index) =>
    comparison({
      figure: `${name}, ms, in a flood`,
      ours: [during[index] ?? NaN],
      theirs: [before[index] ?? NaN],
      than: 'without',
      show: (value: number) => `${value.toFixed(2)} ms`,
      aim: { atMost: 2 },
    }),
  )
  const status = await readFile(`/proc/${ours.pid}/status`, 'utf8')
  const peak = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024
  const memory = { figure: 'resident memory in a flood', ours: megabytes(peak), theirs: '–', ratio: '–' }
  return [...rows, { ...memory, aim: '< 1024 MB', met: peak < 1024e6 }]
}

async function inOrder<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (const item of items) results.push(await work(item))
  return results
}
