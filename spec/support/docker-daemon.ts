import { join } from 'node:path'
import { startProcess } from './background-process.js'
import { containerNetwork } from './container-network.js'
import { networkNamespace } from './network-namespace.js'
import { mustSucceed, neutralEnvironment, type Ran, runCommand } from './run-command.js'
import { withOwnFiles } from './own-files.js'
import { temporaryDirectory } from './temporary-directory.js'

/** A Docker of a spec's own: daemon, images, and the logins its command line keeps. */
export interface DockerDaemon extends AsyncDisposable {
  /** What points a client, `docker-compose` say, at this daemon and at no other. */
  readonly environment: NodeJS.ProcessEnv
  /** `docker <args>`; throws where it fails. */
  docker(...args: string[]): Promise<string>
  /** `docker <args>`, however it ends. */
  tryDocker(...args: string[]): Promise<Ran>
  /** `docker login --username AWS --password-stdin <registry>` */
  login(registry: string, password: string): Promise<string>
  /** Removes every image from this machine, so that the next pull has to fetch it. */
  forgetImages(): Promise<void>
}

export interface DockerDaemonOptions {
  /** Containers run and have this machine's network, which takes iptables and a machine that runs no Docker of its own. */
  runsContainers?: boolean
}

/** Images are only looked at: nothing is done to the network, and files are kept in a way that works in any container. */
const WITHOUT_CONTAINERS = {
  'storage-driver': 'vfs',
  bridge: 'none',
  iptables: 'false',
  ip6tables: 'false',
  'ip-forward': 'false',
  'ip-masq': 'false',
}

/**
 * Starts dockerd with its own data, socket, process ids and containerd, and leaves no file behind. Unless containers are to run it has a network of its
 * own, too, in which the ports of 127.0.0.1 are this machine's once a command names them: a dockerd without a bridge takes
 * away the machine's `docker0`. It needs root.
 */
export async function dockerDaemon({ runsContainers = false }: DockerDaemonOptions = {}): Promise<DockerDaemon> {
  const directory = await temporaryDirectory()
  const namespace = runsContainers ? undefined : await networkNamespace()
  const network = namespace ?? (await containerNetwork())
  const at = (name: string) => join(directory.path, name)
  const socket = `unix://${at('docker.sock')}`
  const flags = {
    'data-root': at('data'),
    'exec-root': at('exec'),
    pidfile: at('docker.pid'),
    'config-file': '',
    host: socket,
    ...(!runsContainers && WITHOUT_CONTAINERS),
  }
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`)
  const [command = '', ...rest] = [...(namespace?.enter ?? []), ...withOwnFiles(directory.path), 'dockerd', ...args]
  const daemon = await startProcess(command, rest, {
    ready: /API listen on/,
    env: { ...neutralEnvironment(), TMPDIR: directory.path },
  }).catch(async (error: unknown) => {
    await network[Symbol.asyncDispose]()
    await directory[Symbol.asyncDispose]()
    throw error
  })

  const env = { ...neutralEnvironment(), DOCKER_HOST: socket, DOCKER_CONFIG: at('client') }
  const run = async (command: readonly string[], input?: string) => {
    for (const port of namespace ? portsIn(command) : []) await namespace?.reach(port)
    return runCommand('docker', command, { env, input })
  }
  const docker = async (...command: string[]) => (await mustSucceed('docker', command, run(command))).stdout
  return {
    ...{ docker, environment: env },
    tryDocker: (...command) => run(command),
    async login(registry, password) {
      const command = ['login', '--username', 'AWS', '--password-stdin', registry]
      return (await mustSucceed('docker', command, run(command, password))).stdout
    },
    async forgetImages() {
      const ids = (await docker('image', 'ls', '--all', '--quiet', '--no-trunc')).split('\n').filter(Boolean)
      if (ids.length > 0) await docker('image', 'rm', '--force', ...new Set(ids))
    },
    async [Symbol.asyncDispose]() {
      await daemon.stop()
      await network[Symbol.asyncDispose]()
      await directory[Symbol.asyncDispose]()
    },
  }
}

/** The ports of this machine that a command names. */
const portsIn = (command: readonly string[]) =>
  command.flatMap((arg) => [...arg.matchAll(/\b(?:localhost|127\.0\.0\.1):(\d+)/g)].map(([, port]) => Number(port)))
