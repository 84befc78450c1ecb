import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pushImage, type Target } from './content.js'
import { directory, pinning } from './processes.js'
import { interleaved } from './rounds.js'
import type { Extent, Section } from './section.js'
import { dockerRegistry, emulator, nginx } from './servers.js'
import { comparison, perSecond, type Row, skipped } from './table.js'
import { howToInstall, isInstalled } from './tools.js'
import { type Load, warmUp, wrk } from './wrk.js'

const REPOSITORY = 'team/app'
const TAG = 'warm'
const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json'
const CONNECTIONS = 16

/** Pulls of a cached manifest, by digest and by tag. All servers run on one CPU, the client on another. */
export const warmPulls: Section = { name: 'warm', needs: ['wrk', 'docker-registry'], measure }

async function measure({ main, rounds, seconds }: Extent): Promise<Row[]> {
  await using ours = await emulator({ main, cpu: pinning?.server })
  await using registry = await dockerRegistry({ cpu: pinning?.server })
  await ours.call('CreateRepository', { repositoryName: REPOSITORY })
  const targets: Record<'ours' | 'registry', Target> = {
    ours: { url: ours.registryUrl, repository: REPOSITORY, authorization: ours.authorization },
    registry: { url: registry.url, repository: REPOSITORY },
  }
  const { files, digest } = await fill(Object.values(targets))
  await using webServer = isInstalled('nginx') ? await nginx(files, { cpu: pinning?.server }) : undefined

  const rows: Row[] = []
  for (const { figure, reference, aim } of [
    { figure: 'manifest by digest, 16 connections', reference: digest, aim: { atLeast: 15 } },
    { figure: 'manifest by tag, 16 connections', reference: TAG, aim: { atLeast: 12 } },
  ]) {
    const rate = async (load: Load) => (await wrk(load, seconds)).perSecond
    const isFile = reference === digest
    const turns = {
      ours: () => rate(pulls(targets.ours, reference)),
      registry: () => rate(pulls(targets.registry, reference)),
      nginx: webServer && isFile ? () => rate(loadOn(`${webServer.url}/manifests/${digest}`)) : undefined,
    }
    await warmUp(pulls(targets.ours, reference))
    await interleaved(1, turns)
    const result = await interleaved(rounds, turns)
    const compared = { figure, ours: result.ours, show: perSecond }
    rows.push(comparison({ ...compared, theirs: result.registry, than: 'docker-registry', aim }))
    if (!isFile) continue
    rows.push(
      webServer
        ? comparison({ ...compared, theirs: result.nginx, than: 'nginx' })
        : skipped(figure, howToInstall(['nginx'])),
    )
  }
  return rows
}

const loadOn = (url: string, login: { readonly authorization?: string } = {}): Load => ({
  url,
  headers: { accept: MANIFEST_TYPE, ...login },
  connections: CONNECTIONS,
  cpu: pinning?.client,
})

const pulls = ({ url, authorization }: Target, reference: string) =>
  loadOn(`${url}/v2/${REPOSITORY}/manifests/${reference}`, authorization === undefined ? {} : { authorization })

/** The same image in every registry, and its manifest as a file for nginx. */
async function fill(targets: readonly Target[]) {
  const files = join(directory, 'files')
  await mkdir(join(files, 'manifests'), { recursive: true })
  let digest = ''
  for (const target of targets) {
    const image = await pushImage(target, [2000, 3000, 4000, 5000, 6000], TAG)
    digest = image.digest
    await writeFile(join(files, 'manifests', digest), image.bytes)
  }
  return { files, digest }
}
