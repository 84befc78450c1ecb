import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'
import type { DockerDaemon } from './docker-daemon.js'
import { freePort } from './free-port.js'
import { mustRun, type Ran } from './run-command.js'
import { temporaryDirectory } from './temporary-directory.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

const SECRET = 'all planes of this project hold this secret'

/** The docker-compose.yml of this project, run by the real docker-compose on a daemon that belongs to the spec. */
export interface Compose extends AsyncDisposable {
  /** The control plane: `http://localhost:<port>`. */
  readonly endpoint: string
  /** The data plane, as image names begin: `localhost:<port>`. */
  readonly registry: string
  /** The address on this machine of the registry that takes the place of public.ecr.aws. */
  readonly upstreamUrl: string
  /** The network of the project's containers. */
  readonly network: string
  /** Runs `docker-compose <args>`; throws if it fails. */
  run(...args: string[]): Promise<string>
  /** Runs `docker <command>` on the containers of these services, such as `kill`: the same, much faster. */
  docker(command: readonly string[], ...services: string[]): Promise<void>
  /** Resolves when these services report that they are healthy. */
  healthy(...services: string[]): Promise<void>
  /** Formats a property of a service's container with `docker inspect` and a Go template. */
  inspect(service: string, format: string): Promise<string>
  /** Runs a command in a running container and returns the outcome, whether it succeeds or fails. */
  exec(service: string, ...command: string[]): Promise<Ran>
  /** The requests the upstream has received so far, such as `GET /v2/app/blobs/sha256:…`. */
  upstreamRequests(): Promise<string[]>
}

/** Prepares a separate project on free ports of 127.0.0.1; the caller runs `docker-compose up`. */
export async function compose(daemon: DockerDaemon, settings: NodeJS.ProcessEnv = {}): Promise<Compose> {
  const directory = await temporaryDirectory()
  const [port, registryPort, upstreamPort] = [await freePort(), await freePort(), await freePort()]
  await daemon.expose(port, registryPort, upstreamPort)
  const project = `ecr-local-${randomBytes(4).toString('hex')}`
  const files = [
    '--file',
    join(root, 'docker-compose.yml'),
    '--file',
    await writeOverride(directory.path, upstreamPort),
  ]
  const args = ['--project-name', project, '--env-file', await emptyFile(directory.path), ...files]
  const env = {
    ...{ ...daemon.environment, DOCKER_BUILDKIT: '0', COMPOSE_DOCKER_CLI_BUILD: '0', ECR_LOCAL_SECRET: SECRET },
    ...{
      COMPOSE_PROFILES: '',
      ECR_LOCAL_PORT: String(port),
      ECR_LOCAL_REGISTRY_PORT: String(registryPort),
      ...settings,
    },
  }
  const runIn = async (environment: NodeJS.ProcessEnv, command: readonly string[]) =>
    (await mustRun('docker-compose', [...args, ...command], { env: environment, cwd: root, timeoutMs: 600_000 })).stdout
  const run = (...command: string[]) => runIn(env, command)
  // Docker's own client returns the same as docker-compose, much faster.
  const containerOf = async (service: string) => {
    const labels = { 'com.docker.compose.project': project, 'com.docker.compose.service': service }
    const filters = Object.entries(labels).flatMap(([name, value]) => ['--filter', `label=${name}=${value}`])
    return (await daemon.docker('ps', '--all', '--quiet', ...filters)).trim()
  }
  const logOf = async (service: string) => {
    const { stdout, stderr } = await daemon.tryDocker('logs', await containerOf(service))
    return `${stdout}${stderr}`
  }
  const inspect = async (service: string, format: string) =>
    (await daemon.docker('inspect', '--format', format, await containerOf(service))).trim()
  return {
    ...{ run, inspect, network: `${project}_default`, upstreamUrl: `http://127.0.0.1:${upstreamPort}` },
    async docker(command, ...services) {
      await daemon.docker(...command, ...(await Promise.all(services.map(containerOf))))
    },
    ...{ endpoint: `http://localhost:${port}`, registry: `localhost:${registryPort}` },
    async healthy(...services) {
      const allHealthy = async () => {
        for (const service of services) {
          const state = await inspect(service, '{{.State.Health.Status}}')
          if (state !== 'healthy') throw new Error(`${service} is ${state}: ${(await logOf(service)).slice(-2000)}`)
        }
      }
      await vi.waitFor(allHealthy, { timeout: 60_000, interval: 500 })
    },
    exec: async (service, ...command) => daemon.tryDocker('exec', await containerOf(service), ...command),
    upstreamRequests: async () =>
      [...(await logOf('upstream')).matchAll(/"([A-Z]+ \/v2\/\S+) HTTP\/[\d.]+" 200/g)].map(([, line = '']) => line),
    async [Symbol.asyncDispose]() {
      const down = ['down', '--volumes', '--remove-orphans', '--timeout', '1']
      await runIn({ ...env, ECR_LOCAL_SECRET: SECRET }, down)
      await directory[Symbol.asyncDispose]()
    },
  }
}

/** An empty file, so that no .env file of a developer takes effect. */
async function emptyFile(directory: string): Promise<string> {
  const path = join(directory, 'empty.env')
  await writeFile(path, '')
  return path
}

/** Mounts this machine's /usr over that of a small Debian container, which makes its programs available there. */
export const withProgramsOfThisMachine = ['--volume', '/usr:/usr:ro', 'node:24-bookworm-slim']

/** The override file a user would write, with a configuration file; here it puts a registry behind public.ecr.aws. */
async function writeOverride(directory: string, upstreamPort: number): Promise<string> {
  const at = (name: string) => join(directory, name)
  const config = { upstreams: { 'public.ecr.aws': { endpoint: 'http://upstream:5000' } } }
  await writeFile(at('ecr-local.json'), JSON.stringify(config), { mode: 0o644 })
  const registry = {
    version: '0.1',
    log: { level: 'info', accesslog: { disabled: false } },
    storage: { filesystem: { rootdirectory: '/registry' }, delete: { enabled: true } },
    http: { addr: ':5000', secret: 'of this spec' },
  }
  await writeFile(at('registry.json'), JSON.stringify(registry))
  const [, programs, image] = withProgramsOfThisMachine
  const upstream = {
    ...{ image, entrypoint: ['docker-registry', 'serve', '/etc/registry.json'], tmpfs: ['/registry'] },
    volumes: [programs, `${at('registry.json')}:/etc/registry.json:ro`],
    ports: [`127.0.0.1:${upstreamPort}:5000`],
  }
  // Asked more often than in the file, so that the specs need not wait.
  const healthcheck = { interval: '2s' }
  const plane = { volumes: [`${at('ecr-local.json')}:/etc/ecr-local/ecr-local.json:ro`], healthcheck }
  const services = {
    'control-plane': plane,
    'data-plane': plane,
    redis: { healthcheck },
    'object-store': { healthcheck },
    upstream,
  }
  await writeFile(at('override.yml'), JSON.stringify({ services }))
  return at('override.yml')
}
