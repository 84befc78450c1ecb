import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DockerDaemon } from './docker-daemon.js'
import { tar } from './images.js'
import { temporaryDirectory } from './temporary-directory.js'

/** Removes images from Docker, so that the next pull fetches them again. */
export const forget = (daemon: DockerDaemon, ...images: string[]): Promise<string> =>
  daemon.docker('image', 'rm', '--force', ...images)

/** Makes an image with one file in Docker. */
export async function make(daemon: DockerDaemon, message: string, image: string): Promise<void> {
  await using directory = await temporaryDirectory()
  const file = join(directory.path, 'files.tar')
  await writeFile(file, tar({ 'message.txt': Buffer.from(message) }))
  await daemon.docker('import', file, image)
}

/** Makes an image of this name, pushes it with Docker and returns the digest that Docker prints. */
export async function push(daemon: DockerDaemon, image: string): Promise<string> {
  await make(daemon, `the files of ${image}`, image)
  return /digest: (sha256:[0-9a-f]{64})/.exec(await daemon.docker('push', image))?.[1] ?? 'none'
}
