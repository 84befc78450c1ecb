import { join } from 'node:path'
import { startProcess } from './background-process.js'
import { networkNamespace } from './network-namespace.js'
import { mustRun, mustSucceed, neutralEnvironment, type Ran, runCommand, type RunOptions } from './run-command.js'
import { withOwnFiles } from './own-files.js'
import { temporaryDirectory } from './temporary-directory.js'

/** A Docker daemon that belongs to the spec, with its own images and logins. */
export interface DockerDaemon extends AsyncDisposable {
  /** The environment that makes clients such as `docker-compose` use this daemon. */
  readonly environment: NodeJS.ProcessEnv
  /** Runs `docker <args>`; throws if it fails. */
  docker(...args: string[]): Promise<string>
  /** Runs `docker <args>` and returns the outcome, whether it succeeds or fails. */
  tryDocker(...args: string[]): Promise<Ran>
  /** Runs `docker login --username AWS --password-stdin <registry>`. */
  login(registry: string, password: string): Promise<string>
  /** Makes ports that containers publish on 127.0.0.1 available on this machine. */
  expose(...ports: number[]): Promise<void>
  /** The address of the daemon for its containers: the first one in the subnet of its bridge. */
  bridgeAddress(): Promise<string>
  /** Starts an HTTP proxy for containers at `bridgeAddress` and returns its port. */
  proxy(): Promise<number>
  /** Runs a command in the network of the daemon, where ports that containers publish are those of localhost. */
  within(command: string, args: readonly string[], options: RunOptions): Promise<Ran>
  /** Sends SIGKILL to the process with this id, as `docker inspect` reports it. */
  killProcess(pid: number): Promise<void>
  /** Removes every image from this daemon, so that the next pull fetches it again. */
  forgetImages(): Promise<void>
}

export interface DockerDaemonOptions {
  /**
   * Whether containers run and have a network, which needs iptables. If not, ports in commands refer to this machine.
   */
  runsContainers?: boolean
}

/**
 * Without containers, the daemon leaves the network alone and stores files in a way that works inside any container.
 */
const WITHOUT_CONTAINERS = {
  'storage-driver': 'vfs',
  bridge: 'none',
  iptables: 'false',
  ip6tables: 'false',
  'ip-forward': 'false',
  'ip-masq': 'false',
}

/**
 * Starts dockerd with its own data, socket, containerd, network and processes, and removes all of it afterwards. In the
 * machine's own network namespace, dockerd would create bridges and packet filter rules, or remove `docker0` if run
 * without a bridge. Needs root.
 */
export async function dockerDaemon({ runsContainers = false }: DockerDaemonOptions = {}): Promise<DockerDaemon> {
  const directory = await temporaryDirectory()
  const namespace = await networkNamespace()
  const at = (name: string) => join(directory.path, name)
  const socket = `unix://${at('docker.sock')}`
  const flags = {
    // In memory, in a file system of its own: images are built and removed several times as fast as on a disk.
    'data-root': '/run/docker-data',
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
    within: (command, args, options) => mustRun(enter, [...within, command, ...args], options),
    async killProcess(pid) {
      await mustRun(enter, [...within, 'sh', '-c', 'kill -KILL "$0"', String(pid)])
    },
    async [Symbol.asyncDispose]() {
      await remove()
      await daemon.stop()
    },
  }
}

/** The ports of this machine that a command mentions. */
const portsIn = (command: readonly string[]) =>
  command.flatMap((arg) => [...arg.matchAll(/\b(?:localhost|127\.0\.0\.1):(\d+)/g)].map(([, port]) => Number(port)))
