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

/** This project's docker-compose.yml, run by the real docker-compose on a daemon of a spec's own. */
export interface Compose extends AsyncDisposable {
  /** `http://localhost:<port>`: the control plane. */
  readonly endpoint: string
  /** `localhost:<port>`: the data plane, as image names begin. */
  readonly registry: string
  /** The registry that stands behind public.ecr.aws, as this machine reaches it. */
  readonly upstreamUrl: string
  /** The network that its containers are in. */
  readonly network: string
  /** `docker-compose <args>`; throws where it fails. */
  run(...args: string[]): Promise<string>
  /** Resolves when these services say that they are healthy. */
  healthy(...services: string[]): Promise<void>
  /** One thing `docker inspect` knows of a service's container, by a Go template. */
  inspect(service: string, format: string): Promise<string>
  /** A command in a running container, however it ends. */
  exec(service: string, ...command: string[]): Promise<Ran>
  /** What the upstream was asked for so far: `GET /v2/app/blobs/sha256:…`. */
  upstreamRequests(): Promise<string[]>
}

/** Prepares a project of its own on free ports of 127.0.0.1; `docker-compose up` is the caller's. */
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
  // Docker's own client is much quicker than docker-compose, which says the same.
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

/** Nobody's own .env has a say. */
async function emptyFile(directory: string): Promise<string> {
  const path = join(directory, 'empty.env')
  await writeFile(path, '')
  return path
}

/** This machine's programs in a container: its own /usr over that of a small Debian. */
export const withProgramsOfThisMachine = ['--volume', '/usr:/usr:ro', 'node:24-bookworm-slim']

/** What a user's docker-compose.override.yml would say: a configuration file, here one with a registry behind public.ecr.aws. */
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
  const configured = { volumes: [`${at('ecr-local.json')}:/etc/ecr-local/ecr-local.json:ro`] }
  const [, programs, image] = withProgramsOfThisMachine
  const upstream = {
    ...{ image, entrypoint: ['docker-registry', 'serve', '/etc/registry.json'], tmpfs: ['/registry'] },
    volumes: [programs, `${at('registry.json')}:/etc/registry.json:ro`],
    ports: [`127.0.0.1:${upstreamPort}:5000`],
  }
  const services = { 'control-plane': configured, 'data-plane': configured, upstream }
  await writeFile(at('override.yml'), JSON.stringify({ services }))
  return at('override.yml')
}
