import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BackgroundProcess, startProcess } from './background-process.js'
import { networkNamespace, type NetworkNamespace } from './network-namespace.js'
import { mustRun, neutralEnvironment, type Ran, runCommand } from './run-command.js'
import { temporaryDirectory } from './temporary-directory.js'

/** A place with a network, processes and a hosts file of its own, where port 443 is free and ecr-local may have it. */
export interface MachineWithNames extends Pick<NetworkNamespace, 'reach' | 'socketTo'>, AsyncDisposable {
  /** The working directory of its programs, which holds `certs` after `ecr-local certs`. */
  readonly directory: string
  /** The command and arguments to put before a command that runs there. */
  readonly enter: readonly [command: string, ...args: string[]]
  /** The environment of its programs: the key `test`, the authority in `certs`, and no other address. */
  readonly environment: NodeJS.ProcessEnv
  /** Runs `ecr-local <args>` until it ends, whether it succeeds or fails. */
  ecrLocal(...args: string[]): Promise<Ran>
  /** Starts `ecr-local start --real-names <flags>` and fills the hosts file with the lines that it prints. */
  startRealNames(...flags: string[]): Promise<BackgroundProcess>
  /** Sends a signal to the planes that were started last. */
  signal(name: string): Promise<void>
  /** Runs a program that must succeed, and returns what it prints. */
  run(command: string, args: readonly string[], options?: { input?: string; env?: NodeJS.ProcessEnv }): Promise<string>
}

const main = fileURLToPath(new URL('../../dist/ecr-local.cjs', import.meta.url))

/**
 * Makes such a place; needs root. The machine's own hosts file and ports are left alone. Everything in it ends when it is
 * disposed of; signals to what was started there reach only the programs that enter it.
 */
export async function machineWithNames(): Promise<MachineWithNames> {
  const directory = await temporaryDirectory()
  const namespace = await networkNamespace()
  const hosts = join(directory.path, 'hosts')
  await writeFile(hosts, '127.0.0.1 localhost\n')
  const withHosts = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', WITH_HOSTS, hosts]
  const [command, ...within] = [...namespace.enter, ...withHosts] as const
  const environment = {
    ...neutralEnvironment(),
    HOME: directory.path,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_CA_BUNDLE: join(directory.path, 'certs', 'ca.crt'),
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_MAX_ATTEMPTS: '1',
    AWS_PAGER: '',
  }
  const options = { env: environment, cwd: directory.path }
  return {
    directory: directory.path,
    enter: [command, ...within],
    environment,
    reach: namespace.reach,
    socketTo: namespace.socketTo,
    ecrLocal: (...args) => runCommand(command, [...within, process.execPath, main, ...args], options),
    async startRealNames(...flags) {
      const args = [...within, 'sh', '-c', NOTING_PID, process.execPath, main, 'start', '--real-names', ...flags]
      const started = await startProcess(command, args, { ...options, ready: /"msg":"ready"/ })
      const { hostsFile } = JSON.parse(await started.line(/"hostsFile"/)) as { hostsFile: string[] }
      await writeFile(hosts, ['127.0.0.1 localhost', ...hostsFile, ''].join('\n'))
      return started
    },
    async signal(name) {
      await mustRun(command, [...within, 'sh', '-c', 'kill -s "$0" "$(cat pid)"', name], options)
    },
    async run(program, args, { input, env } = {}) {
      const ran = await mustRun(command, [...within, program, ...args], {
        ...{ cwd: directory.path, env: { ...environment, ...env } },
        ...(input !== undefined && { input }),
      })
      return ran.stdout
    },
    async [Symbol.asyncDispose]() {
      await namespace[Symbol.asyncDispose]()
      await directory[Symbol.asyncDispose]()
    },
  }
}

/** Notes the process number of a command, as processes of the namespace see it. */
const NOTING_PID = 'echo $$ >pid && exec "$0" "$@"'

/** Replaces the hosts file by `$0` for a command. */
const WITH_HOSTS = 'mount --bind "$0" /etc/hosts && exec "$@"'
