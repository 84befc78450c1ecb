import { join } from 'node:path'
import { startProcess } from './background-process.js'
import { networkNamespace } from './network-namespace.js'
import { mustRun, mustSucceed, neutralEnvironment, type Ran, runCommand } from './run-command.js'
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
  /** Makes ports that containers publish on 127.0.0.1 ports of this machine. */
  expose(...ports: number[]): Promise<void>
  /** The daemon's, as its containers reach it: the first of the subnet of its bridge. */
  bridgeAddress(): Promise<string>
  /** The port of an HTTP proxy that containers find at `bridgeAddress`. */
  proxy(): Promise<number>
  /** SIGKILL, to a process by the number that `docker inspect` gives. */
  killProcess(pid: number): Promise<void>
  /** Removes every image from this daemon, so that the next pull has to fetch it. */
  forgetImages(): Promise<void>
}

export interface DockerDaemonOptions {
  /** Containers run and have a network, which takes iptables. Without it the ports that commands name are this machine's. */
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
 * Starts dockerd with its own data, socket, containerd, network and processes, and leaves nothing behind: a dockerd of this
 * machine's network makes bridges and rules of the packet filter, and one without a bridge takes away the machine's `docker0`.
 * It needs root.
 */
export async function dockerDaemon({ runsContainers = false }: DockerDaemonOptions = {}): Promise<DockerDaemon> {
  const directory = await temporaryDirectory()
  const namespace = await networkNamespace()
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
  const [enter, ...within] = namespace.enter
  const remove = async () => {
    await namespace[Symbol.asyncDispose]()
    await directory[Symbol.asyncDispose]()
  }
  const daemon = await startProcess(enter, [...within, ...withOwnFiles(directory.path), 'dockerd', ...args], {
    ready: /API listen on/,
    env: { ...neutralEnvironment(), TMPDIR: directory.path },
  }).catch(async (error: unknown) => {
    await remove()
    throw error
  })

  const env = { ...neutralEnvironment(), DOCKER_HOST: socket, DOCKER_CONFIG: at('client') }
  const run = async (command: readonly string[], input?: string) => {
    for (const port of runsContainers ? [] : portsIn(command)) await namespace.reach(port)
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
    expose: (...ports) => Promise.all(ports.map((port) => namespace.expose(port))).then(() => {}),
    async bridgeAddress() {
      const format = '{{(index .IPAM.Config 0).Subnet}}'
      const subnet = await docker('network', 'inspect', '--format', format, 'bridge')
      return subnet.trim().replace(/0\/\d+$/, '1')
    },
    proxy: () => namespace.proxy(),
    async killProcess(pid) {
      await mustRun(enter, [...within, 'sh', '-c', 'kill -KILL "$0"', String(pid)])
    },
    async [Symbol.asyncDispose]() {
      await remove()
      await daemon.stop()
    },
  }
}

/** The ports of this machine that a command names. */
const portsIn = (command: readonly string[]) =>
  command.flatMap((arg) => [...arg.matchAll(/\b(?:localhost|127\.0\.0\.1):(\d+)/g)].map(([, port]) => Number(port)))
