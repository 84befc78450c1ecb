import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RealImage } from './images.js'
import { digestOf } from './upstream-content.js'
import { mustRun, neutralEnvironment, type Ran, runCommand } from './run-command.js'

/** skopeo with the credentials of a registry. */
export interface Skopeo {
  /** Returns the manifest or index byte for byte. */
  raw(image: string): Promise<string>
  /** Runs `skopeo copy --all` into a directory, in skopeo's `dir:` format. */
  copyAll(image: string, directory: string): Promise<void>
  /** Runs `skopeo inspect --raw` and returns the outcome, whether it succeeds or fails. */
  tryRaw(image: string): Promise<Ran>
}

export function skopeo(password: string): Skopeo {
  const env = neutralEnvironment()
  const inspect = (image: string) =>
    ['inspect', '--raw', '--tls-verify=false', '--creds', `AWS:${password}`, `docker://${image}`] as const
  const from = ['--src-tls-verify=false', '--src-creds', `AWS:${password}`]
  return {
    raw: async (image) => (await mustRun('skopeo', inspect(image), { env })).stdout,
    tryRaw: (image) => runCommand('skopeo', inspect(image), { env }),
    copyAll: async (image, directory) =>
      void (await mustRun(
        'skopeo',
        ['copy', '--insecure-policy', '--all', '--preserve-digests', ...from, `docker://${image}`, `dir:${directory}`],
        { env },
      )),
  }
}

/** Writes an image in skopeo's `dir:` format, and returns its name for skopeo. */
export async function directoryOf({ bytes, blobs }: RealImage, directory: string): Promise<string> {
  await writeFile(join(directory, 'version'), 'Directory Transport Version: 1.1\n')
  await writeFile(join(directory, 'manifest.json'), bytes)
  for (const blob of blobs) await writeFile(join(directory, digestOf(blob).replace('sha256:', '')), blob)
  return `dir:${directory}`
}
