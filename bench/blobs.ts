import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { seededBytes } from '../spec/support/upstream-content.js'
import { pushBlob, type Target } from './content.js'
import { directory, pinning, type Server } from './processes.js'
import { interleaved } from './rounds.js'
import type { Extent, Section } from './section.js'
import { dockerRegistry, emulator, nginx } from './servers.js'
import { comparison, cpuPerGigabyte, gigabytesPerSecond, type Row } from './table.js'
import { type Load, wrk } from './wrk.js'

const REPOSITORY = 'team/app'
const CONNECTIONS = 4
const SIZES = { '1 MB': 1_000_000, '100 MB': 100_000_000 } as const

/**
 * What it costs to send a stored blob, compared with nginx, which sends files with sendfile. All servers run on one
 * CPU, the client on another.
 */
export const blobs: Section = { name: 'blobs', needs: ['wrk', 'nginx', 'docker-registry'], measure }

async function measure({ main, rounds, seconds }: Extent): Promise<Row[]> {
  await using ours = await emulator({ main, cpu: pinning?.server })
  await using registry = await dockerRegistry({ cpu: pinning?.server })
  await ours.call('CreateRepository', { repositoryName: REPOSITORY })
  const { registryUrl, authorization } = ours
  const targets: readonly Target[] = [
    { url: registryUrl, repository: REPOSITORY, authorization },
    { url: registry.url, repository: REPOSITORY },
  ]
  const files = join(directory, 'blob-files')
  await mkdir(files)
  await using webServer = await nginx(files, { cpu: pinning?.server })

  const rows: Row[] = []
  for (const [name, size] of Object.entries(SIZES)) {
    const bytes = seededBytes(size, name)
    const [digest = ''] = await Promise.all(targets.map((target) => pushBlob(target, bytes)))
    await writeFile(join(files, digest), bytes)
    const path = `/v2/${REPOSITORY}/blobs/${digest}`
    const { rates, costs } = await sent(
      { rounds, seconds },
      {
        ours: [ours, { url: `${registryUrl}${path}`, headers: { authorization } }],
        nginx: [webServer, { url: `${webServer.url}/${digest}` }],
        registry: name === '100 MB' ? [registry, { url: `${registry.url}${path}` }] : undefined,
      },
    )
    const figure = `${name} blob, 4 connections`
    const cost = { figure, ours: costs.ours, theirs: costs.nginx, than: 'nginx', show: cpuPerGigabyte }
    rows.push(comparison({ ...cost, aim: { atMost: 1.4 } }))
    if (rates.registry.length === 0) continue
    const rate = { figure, ours: rates.ours, theirs: rates.registry, than: 'docker-registry' }
    rows.push(comparison({ ...rate, show: gigabytesPerSecond, aim: { atLeast: 1 } }))
  }
  return rows
}

type Contender = 'ours' | 'nginx' | 'registry'
type Sender = readonly [Server, Pick<Load, 'url' | 'headers'>]

/** The bytes per second of each contender, and what each gigabyte cost its server, round by round. */
async function sent(
  { rounds, seconds }: Pick<Extent, 'rounds' | 'seconds'>,
  senders: Readonly<Record<Contender, Sender | undefined>>,
) {
  const costs: Record<Contender, number[]> = { ours: [], nginx: [], registry: [] }
  const turn = (name: Contender, isCounted: boolean) => {
    const sender = senders[name]
    if (!sender) return undefined
    const [server, request] = sender
    return async () => {
      const before = server.cpuSeconds()
      const load = { ...request, connections: CONNECTIONS, cpu: pinning?.client }
      const { bytes, bytesPerSecond } = await wrk(load, seconds)
      if (isCounted) costs[name].push((server.cpuSeconds() - before) / (bytes / 1e9))
      return bytesPerSecond
    }
  }
  const turns = (isCounted: boolean) => ({
    ours: turn('ours', isCounted),
    nginx: turn('nginx', isCounted),
    registry: turn('registry', isCounted),
  })
  await interleaved(1, turns(false))
  return { rates: await interleaved(rounds, turns(true)), costs }
}
