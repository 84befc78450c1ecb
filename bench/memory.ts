import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { seededBytes } from '../spec/support/upstream-content.js'
import { pushFile, type Target } from './content.js'
import { directory, runClient, type Server } from './processes.js'
import { interleaved } from './rounds.js'
import type { Extent, Section } from './section.js'
import { dockerRegistry, emulator } from './servers.js'
import { comparison, megabytes, type Row } from './table.js'
import { isInstalled } from './tools.js'

const BLOB_BYTES = 1_000_000_000
const READERS = 200
const AIM_BYTES = 250_000_000
const client = fileURLToPath(new URL('slow-readers.js', import.meta.url))

/** The peak memory of a server, including the push of the blob, while many clients read the blob slowly. */
export const memory: Section = { name: 'memory', needs: [], measure }

async function measure({ main, quick }: Extent): Promise<Row[]> {
  const file = join(directory, 'large-blob')
  const digest = await writeBlob(file)
  await using ours = await emulator({ main })
  await using registry = isInstalled('docker-registry') ? await dockerRegistry() : undefined
  await ours.call('CreateRepository', { repositoryName: 'team/app' })
  const target = { url: ours.registryUrl, repository: 'team/app', authorization: ours.authorization }
  const peak = (server: Server, of: Target) => () => peakOf(server, of, file, digest, quick ? 5 : 10)

  const { ours: used, theirs } = await interleaved(1, {
    ours: peak(ours, target),
    theirs: registry && peak(registry, { url: registry.url, repository: 'team/app' }),
  })
  await rm(file)
  const [most = NaN] = used
  const figure = `resident memory, ${READERS} slow readers of 1 GB`
  const row = comparison({ figure, ours: used, theirs, than: 'docker-registry', show: megabytes })
  return [{ ...row, aim: `< ${megabytes(AIM_BYTES)}`, met: most < AIM_BYTES }]
}

async function peakOf(server: Server, target: Target, file: string, digest: string, seconds: number): Promise<number> {
  await pushFile(target, file, digest)
  const url = `${target.url}/v2/${target.repository}/blobs/${digest}`
  const args = [client, url, String(READERS), String(seconds), ...(target.authorization ? [target.authorization] : [])]
  const served = Number(await runClient(process.execPath, args))
  if (served < READERS) throw new Error(`Only ${served} of ${READERS} readers were served`)
  const status = await readFile(`/proc/${server.pid}/status`, 'utf8')
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024
}

async function writeBlob(file: string): Promise<string> {
  const part = seededBytes(BLOB_BYTES / 100)
  const hash = createHash('sha256')
  const out = createWriteStream(file)
  for (let n = 0; n < 100; n++) {
    hash.update(part)
    if (!out.write(part)) await once(out, 'drain')
  }
  await new Promise<void>((resolve) => out.end(() => resolve()))
  return `sha256:${hash.digest('hex')}`
}
