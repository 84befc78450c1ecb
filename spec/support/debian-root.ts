import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mustRun, neutralEnvironment } from './run-command.js'
import { temporaryDirectory } from './temporary-directory.js'

const SUITE = 'bookworm'
const PACKAGES = ['ca-certificates', 'redis-server']

/** What no image needs. */
const LEFT_OUT = [
  './debootstrap',
  './var/cache/apt/*',
  './var/lib/apt/lists/*',
  './usr/share/doc/*',
  './usr/share/man/*',
]

/**
 * A tar of the root of a small Debian, for images that are made on the spot. Making one takes half a minute, so it is kept
 * from one run to the next under the system's directory for temporary files; runs that make it at once do not disturb each
 * other. It needs root and debootstrap.
 */
export async function debianRoot(): Promise<string> {
  const kept = join(tmpdir(), `ecr-local-${[SUITE, ...PACKAGES].join('-')}.tar`)
  if (existsSync(kept)) return kept
  await using directory = await temporaryDirectory()
  const root = join(directory.path, 'root')
  const env = { ...neutralEnvironment(), PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` }
  const options = ['--variant=minbase', `--include=${PACKAGES.join(',')}`]
  await mustRun('debootstrap', [...options, SUITE, root], { env, timeoutMs: 300_000 })
  const unfinished = `${kept}.${randomUUID()}`
  try {
    const excluded = LEFT_OUT.map((path) => `--exclude=${path}`)
    await mustRun('tar', ['--directory', root, ...excluded, '--create', '--file', unfinished, '.'], { env })
    await rename(unfinished, kept)
  } finally {
    await rm(unfinished, { force: true })
  }
  return kept
}
