import { join } from 'node:path'
import { startProcess } from './background-process.js'
import { containerNetwork } from './container-network.js'
import { mustRun, neutralEnvironment, type Ran, runCommand } from './run-command.js'
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
  /** Containers run and have a network, which takes iptables and a machine that runs no Docker of its own. */
  runsContainers?: boolean
}

/** Images are only looked at: no network is made, and files are kept in a way that works in any container. */
const WITHOUT_CONTAINERS = {
  'storage-driver': 'vfs',
  bridge: 'none',
  iptables: 'false',
  ip6tables: 'false',
  'ip-forward': 'false',
  'ip-masq': 'false',
}

/**
 * Starts dockerd with its own data, socket, process ids and containerd, no network of its own unless asked for. It needs
 * root.
 */
export async function dockerDaemon({ runsContainers = false }: DockerDaemonOptions = {}): Promise<DockerDaemon> {
  const directory = await temporaryDirectory()
  const network = runsContainers ? await containerNetwork() : undefined
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
  const daemon = await startProcess('dockerd', args, { ready: /API listen on/, env: neutralEnvironment() })

  const env = { ...neutralEnvironment(), DOCKER_HOST: socket, DOCKER_CONFIG: at('client') }
  const docker = async (...command: string[]) => (await mustRun('docker', command, { env })).stdout
  return {
    ...{ docker, environment: env },
    tryDocker: (...command) => runCommand('docker', command, { env }),
    login: async (registry, password) =>
      (await mustRun('docker', ['login', '--username', 'AWS', '--password-stdin', registry], { env, input: password }))
        .stdout,
    async forgetImages() {
      const ids = (await docker('image', 'ls', '--all', '--quiet', '--no-trunc')).split('\n').filter(Boolean)
      if (ids.length > 0) await docker('image', 'rm', '--force', ...new Set(ids))
    },
    async [Symbol.asyncDispose]() {
      await daemon.stop()
      await network?.[Symbol.asyncDispose]()
      await directory[Symbol.asyncDispose]()
    },
  }
}
