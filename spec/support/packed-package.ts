import { join } from 'node:path'
import { mustRun } from './run-command.js'

/** The package as it would be published. */
export interface PackedPackage {
  /** The path of the archive. */
  readonly archive: string
  /** The paths of the files inside. */
  readonly files: readonly string[]
  /** The size of the archive in bytes. */
  readonly size: number
}

/** Packs what the last build has made into a directory. */
export async function packedPackage(directory: string): Promise<PackedPackage> {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', directory]
  const { stdout } = await mustRun('npm', args, { env: process.env })
  const [{ filename, files, size }] = JSON.parse(stdout) as [
    { filename: string; files: { path: string }[]; size: number },
  ]
  return { archive: join(directory, filename), files: files.map(({ path }) => path), size }
}
