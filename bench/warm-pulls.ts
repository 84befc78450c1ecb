import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { seededBytes } from '../spec/support/upstream-content.js'
import { pushBlob, pushImage, type Target } from './content.js'
import { directory, pinning } from './processes.js'
import { interleaved } from './rounds.js'
import type { Extent, Section } from './section.js'
import { dockerRegistry, emulator, nginx } from './servers.js'
import { comparison, gigabytesPerSecond, perSecond, type Row, skipped } from './table.js'
import { howToInstall, isInstalled } from './tools.js'
import { type Load, type Measured, wrk } from './wrk.js'

const REPOSITORY = 'team/app'
const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json'

interface Figure {
  readonly figure: string
  /** Below `/v2/<repository>/`. */
  readonly path: string
  readonly connections: number
  readonly value: keyof Measured
  readonly show: (value: number) => string
  readonly aim?: { readonly atLeast: number }
}

/**
 * Pulls of cached content: manifests by digest, small and large blobs. All servers run on one CPU, the client on
 * another.
 */
export const warmPulls: Section = { name: 'warm', needs: ['wrk', 'docker-registry'], measure }

async function measure({ main, rounds, seconds }: Extent): Promise<Row[]> {
  await using ours = await emulator({ main, cpu: pinning?.server })
  await using registry = await dockerRegistry({ cpu: pinning?.server })
  await ours.call('CreateRepository', { repositoryName: REPOSITORY })
  const targets: Record<'ours' | 'registry', Target> = {
    ours: { url: ours.registryUrl, repository: REPOSITORY, authorization: ours.authorization },
    registry: { url: registry.url, repository: REPOSITORY },
  }
  const { files, figures } = await fill(Object.values(targets))
  await using webServer = isInstalled('nginx') ? await nginx(files) : undefined

  const rows: Row[] = []
  for (const figure of figures) {
    const rate = async (load: Pick<Load, 'url' | 'headers'>) =>
      (await wrk({ ...load, connections: figure.connections, seconds }))[figure.value]
    const at = ({ url, authorization }: Target) => ({
      url: `${url}/v2/${REPOSITORY}/${figure.path}`,
      headers: { accept: MANIFEST_TYPE, ...(authorization && { authorization }) },
    })
    const turns = {
      ours: () => rate(at(targets.ours)),
      registry: () => rate(at(targets.registry)),
      nginx: webServer && (() => rate({ url: `${webServer.url}/${figure.path}` })),
    }
    await interleaved(1, turns)
    const result = await interleaved(rounds, turns)
    const row = (theirs: readonly number[], than: string, aim?: Figure['aim']) =>
      comparison({ ...figure, ours: result.ours, theirs, than, aim })
    rows.push(row(result.registry, 'docker-registry', figure.aim))
    rows.push(webServer ? row(result.nginx, 'nginx') : skipped(figure.figure, howToInstall(['nginx'])))
  }
  return rows
}

/** The same manifest and blobs in every registry, and as files for nginx. */
async function fill(targets: readonly Target[]) {
  const files = join(directory, 'files')
  await mkdir(join(files, 'manifests'), { recursive: true })
  await mkdir(join(files, 'blobs'))
  const blobs = { small: seededBytes(1_000_000, 'small'), large: seededBytes(100_000_000, 'large') }
  const digests = { small: '', large: '', manifest: '' }
  for (const target of targets) {
    digests.small = await pushBlob(target, blobs.small)
    digests.large = await pushBlob(target, blobs.large)
    const image = await pushImage(target, [2000, 3000, 4000, 5000, 6000], 'warm')
    digests.manifest = image.digest
    await writeFile(join(files, 'manifests', image.digest), image.bytes)
  }
  await writeFile(join(files, 'blobs', digests.small), blobs.small)
  await writeFile(join(files, 'blobs', digests.large), blobs.large)
  return { files, figures: figuresOf(digests) }
}

const figuresOf = (digests: Record<'manifest' | 'small' | 'large', string>): Figure[] => [
  {
    figure: 'manifest by digest, 16 connections',
    path: `manifests/${digests.manifest}`,
    connections: 16,
    value: 'perSecond',
    show: perSecond,
    aim: { atLeast: 8 },
  },
  {
    figure: '1 MB blob, 4 connections',
    path: `blobs/${digests.small}`,
    connections: 4,
    value: 'perSecond',
    show: perSecond,
  },
  {
    figure: '100 MB blob, 4 connections',
    path: `blobs/${digests.large}`,
    connections: 4,
    value: 'bytesPerSecond',
    show: gigabytesPerSecond,
    aim: { atLeast: 1 },
  },
]
