import { join } from 'node:path'
import { mustRun, neutralEnvironment } from './run-command.js'

const SUITE = 'bookworm'
const PACKAGES = ['ca-certificates', 'redis-server']

/** Paths left out because no image needs them. */
const LEFT_OUT = [
  './debootstrap',
  './var/cache/apt/*',
  './var/lib/apt/lists/*',
  './usr/share/doc/*',
  './usr/share/man/*',
]

/**
 * Creates a tar file of a small Debian root file system in the given directory, for images built on the spot. Takes
 * half a minute and needs root and debootstrap.
 */
export async function debianRoot(directory: string): Promise<string> {
  const [root, file] = [join(directory, 'root'), join(directory, 'root.tar')]
  const env = { ...neutralEnvironment(), PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` }
  const options = ['--variant=minbase', `--include=${PACKAGES.join(',')}`]
  await mustRun('debootstrap', [...options, SUITE, root], { env, timeoutMs: 600_000 })
  const excluded = LEFT_OUT.map((path) => `--exclude=${path}`)
  await mustRun('tar', ['--directory', root, ...excluded, '--create', '--file', file, '.'], { env })
  return file
}
