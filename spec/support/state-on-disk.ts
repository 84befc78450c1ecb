import { emulatorProcess } from './emulator-process.js'
import { authorizationToken, ecrClient, registryClient } from './registry-client.js'
import { runCli } from './run-cli.js'
import { temporaryDirectory } from './temporary-directory.js'
import { makeImage } from './upstream-content.js'

/** A data directory that processes use one after another, with the commands that maintain it. */
export async function stateOnDisk() {
  const directory = await temporaryDirectory()
  const dataDir = `${directory.path}/data`
  return {
    dataDir,
    /** Starts both planes, runs the work, and kills them with SIGKILL, as a power failure would. */
    async running<R>(work: (at: Awaited<ReturnType<typeof clientOf>>) => Promise<R>): Promise<R> {
      const emulator = await emulatorProcess({ dataDir })
      try {
        return await work(await clientOf(emulator))
      } finally {
        await emulator.stop('SIGKILL')
        await emulator[Symbol.asyncDispose]()
      }
    },
    run: (...args: string[]) => runCli(['--data-dir', dataDir, '--log', 'silent', ...args], { cwd: directory.path }),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  }
}

async function clientOf(emulator: Awaited<ReturnType<typeof emulatorProcess>>) {
  const client = registryClient(emulator, await authorizationToken(ecrClient(emulator)))
  return {
    ...client,
    advanceClock: (seconds: number) => emulator.advanceClock(seconds),
    /** Pushes an image of two layers and returns its digest and those of its blobs. */
    async pushImage(repository: string, tag: string, seed = tag) {
      const { image, blobs } = makeImage({ seed })
      for (const blob of blobs) await client.pushBlob(repository, blob)
      await client.pushManifest(repository, tag, image.bytes)
      return image
    },
  }
}
