import { ECRClient, type ECRClientConfig } from '@aws-sdk/client-ecr'
import { STSClient, type STSClientConfig } from '@aws-sdk/client-sts'
import { readFile, writeFile } from 'node:fs/promises'
import { Agent, type AgentOptions } from 'node:https'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Agent as Dispatching, type Dispatcher, request } from 'undici'
import { type BackgroundProcess, startProcess } from './background-process.js'
import { networkNamespace, type NetworkNamespace } from './network-namespace.js'
import { mustRun, neutralEnvironment, type Ran, runCommand } from './run-command.js'
import { temporaryDirectory } from './temporary-directory.js'

/** A place with a network, processes and a hosts file of its own, where port 443 is free and ecr-local may have it. */
export interface MachineWithNames extends Pick<NetworkNamespace, 'reach'>, AsyncDisposable {
  /** The working directory of its programs, which holds `certs` after `ecr-local certs`. */
  readonly directory: string
  /** The command and arguments to put before a command that runs there. */
  readonly enter: readonly [command: string, ...args: string[]]
  /** The environment of its programs: the key `test`, the authority in `certs`, and no other address. */
  readonly environment: NodeJS.ProcessEnv
  /** Runs `ecr-local <args>` until it ends, whether it succeeds or fails. */
  ecrLocal(...args: string[]): Promise<Ran>
  /** The same without a capability of root, such as `net_bind_service`. */
  ecrLocalWithout(capability: string, ...args: string[]): Promise<Ran>
  /** Starts `ecr-local start --real-names <flags>` and fills the hosts file with the lines that it prints. */
  startRealNames(...flags: string[]): Promise<BackgroundProcess>
  /** Sends a signal to the planes that were started last. */
  signal(name: string): Promise<void>
  /** A client of the API in the spec's own process that calls AWS's names and arrives there. */
  ecr(config?: ECRClientConfig): Promise<ECRClient>
  /** The same for STS. */
  sts(config?: STSClientConfig): Promise<STSClient>
  /** Sends a GET from the spec's own process to a name and a port there. */
  get(url: string): Promise<Dispatcher.ResponseData>
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
  const ca = () => readFile(environment.AWS_CA_BUNDLE)
  /** The configuration of clients of the SDK in the spec's own process. */
  const arriving = async () => {
    const agent: AgentOptions & { socketPath: string } = { ca: await ca(), socketPath: await namespace.socketTo(443) }
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
    return { region: 'us-east-1', credentials, maxAttempts: 1, requestHandler: { httpsAgent: new Agent(agent) } }
  }
  return {
    directory: directory.path,
    enter: [command, ...within],
    environment,
    reach: (port) => namespace.reach(port),
    ecr: async (config = {}) => new ECRClient({ ...(await arriving()), ...config }),
    sts: async (config = {}) => new STSClient({ ...(await arriving()), ...config }),
    async get(url) {
      const { protocol, port } = new URL(url)
      const socketPath = await namespace.socketTo(Number(port || 443))
      const connect = { socketPath, ...(protocol === 'https:' && { ca: await ca() }) }
      return request(url, { dispatcher: new Dispatching({ connect }) })
    },
    ecrLocal: (...args) => runCommand(command, [...within, process.execPath, main, ...args], options),
    ecrLocalWithout(capability, ...args) {
      const without = ['setpriv', `--bounding-set=-${capability}`]
      return runCommand(command, [...within, ...without, process.execPath, main, ...args], options)
    },
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
        cwd: directory.path,
        env: { ...environment, ...env },
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
