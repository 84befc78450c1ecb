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

type Contender = 'ours' | 'nginx' | 'registry'

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
  await using webServer = await nginx(files)

  const rows: Row[] = []
  for (const [name, size] of Object.entries(SIZES)) {
    const bytes = seededBytes(size, name)
    const [digest = ''] = await Promise.all(targets.map((target) => pushBlob(target, bytes)))
    await writeFile(join(files, digest), bytes)
    const costs: Record<Contender, number[]> = { ours: [], nginx: [], registry: [] }
    const send =
      (contender: Contender, server: Pick<Server, 'cpuSeconds'>, load: Pick<Load, 'url' | 'headers'>) => async () => {
        const before = server.cpuSeconds()
        const { requests, perSecond, bytesPerSecond } = await wrk({ ...load, connections: CONNECTIONS, seconds })
        costs[contender].push((server.cpuSeconds() - before) / ((bytesPerSecond * requests) / perSecond / 1e9))
        return bytesPerSecond
      }
    const turns = {
      ours: send('ours', ours, {
        url: `${registryUrl}/v2/${REPOSITORY}/blobs/${digest}`,
        headers: { authorization },
      }),
      nginx: send('nginx', webServer, { url: `${webServer.url}/${digest}` }),
      registry:
        name === '100 MB'
          ? send('registry', registry, { url: `${registry.url}/v2/${REPOSITORY}/blobs/${digest}` })
          : undefined,
    }
    await interleaved(1, turns)
    for (const measured of Object.values(costs)) measured.length = 0
    const result = await interleaved(rounds, turns)
    const figure = `${name} blob, 4 connections`
    const cost = { figure, ours: costs.ours, theirs: costs.nginx, than: 'nginx', show: cpuPerGigabyte }
    rows.push(comparison({ ...cost, aim: { atMost: 1.4 } }))
    if (!turns.registry) continue
    const rate = { figure, ours: result.ours, theirs: result.registry, than: 'docker-registry' }
    rows.push(comparison({ ...rate, show: gigabytesPerSecond, aim: { atLeast: 1 } }))
  }
  return rows
}
