import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type BackgroundProcess, startProcess } from './background-process.js'
import { withOwnFiles } from './own-files.js'
import { mustRun, neutralEnvironment } from './run-command.js'

/** A containerd that belongs to the spec; it creates no containers and does not change the network. */
export interface Containerd extends AsyncDisposable {
  readonly process: BackgroundProcess
  /** Runs `ctr <args>` and returns what it prints; throws if it fails. */
  ctr(...args: string[]): Promise<string>
}

/** Starts containerd with its state in an existing directory; needs root. */
export async function startContainerd(directory: string): Promise<Containerd> {
  const at = (name: string) => join(directory, name)
  await writeFile(
    at('containerd.toml'),
    [
      ...['version = 2', `root = "${at('root')}"`, `state = "${at('state')}"`],
      'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
      ...['[grpc]', `address = "${at('sock')}"`, '[ttrpc]', `address = "${at('ttrpc')}"`],
    ].join('\n'),
  )
  const env = neutralEnvironment()
  const [command, ...before] = withOwnFiles(directory)
  const daemon = [...before, 'containerd', '--config', at('containerd.toml')]
  const containerd = await startProcess(command, daemon, { ready: /containerd successfully booted/, env })
  return {
    process: containerd,
    ctr: async (...args) => (await mustRun('ctr', ['--address', at('sock'), ...args], { env })).stdout,
    [Symbol.asyncDispose]: () => containerd[Symbol.asyncDispose](),
  }
}
