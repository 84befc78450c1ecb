import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { directory, freePort, type Server, startServer } from './processes.js'
import { signedCall } from './signature.js'
import { isInstalled } from './tools.js'

/** A running `ecr-local start`, and what its clients need. */
export interface Emulator extends Server {
  readonly registryUrl: string
  /** Basic credentials for the registry. */
  readonly authorization: string
  call(operation: string, input?: object): Promise<string>
}

/** The compiled file is in `dist/bench/bench`. */
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
let count = 0

/** Starts the result of `npm run build`, or another build, with state of its own. */
export async function emulator({ main, cpu, config = {}, store, dataDir }: EmulatorOptions): Promise<Emulator> {
  const own = dataDir ?? join(directory, `ecr-local-${++count}`)
  const [port, registryPort] = [await freePort(), await freePort()]
  await writeFile(`${own}.json`, JSON.stringify(config))
  const flags = ['--port', port, '--registry-port', registryPort, '--data-dir', own, '--config', `${own}.json`].map(
    String,
  )
  if (store !== undefined) flags.push('--store', store)
  const server = await startServer(process.execPath, [main, 'start', ...flags], { port, cpu, path: '/health' })

  const call = callerOf(server.url)
  return { ...server, registryUrl: `http://127.0.0.1:${registryPort}`, authorization: await loginTo(call), call }
}

const callerOf = (url: string) => async (operation: string, input?: object) => {
  const { headers, body } = signedCall(new URL(url).host, operation, input)
  const answer = await fetch(url, { method: 'POST', headers, body })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${operation}: ${answer.status} ${text}`)
  return text
}

async function loginTo(call: Emulator['call']): Promise<string> {
  const { authorizationData } = JSON.parse(await call('GetAuthorizationToken')) as Token
  return `Basic ${authorizationData[0]?.authorizationToken ?? ''}`
}

/** Control planes and data planes in separate processes, with one store and one data directory. */
export interface Planes extends AsyncDisposable {
  /** Pairs of a control plane and a data plane. */
  readonly each: readonly (Pick<Emulator, 'url' | 'registryUrl' | 'authorization' | 'call'> & {
    readonly dataPlane: Server
  })[]
  /** Starts so many more data planes, on one port. */
  onOnePort(count: number): Promise<Server>
}

/** Starts each plane as a process, several of each over one store, as `docs/operations.md` describes. */
export async function planes({ main, store, count: wanted }: PlanesOptions): Promise<Planes> {
  const own = join(directory, `planes-${++count}`)
  const flags = ['--store', store, '--data-dir', own, '--secret', 'all planes of this benchmark hold this secret']
  const servers: Server[] = []
  const start = async (plane: string, ports: readonly string[], port: number) => {
    const args = [main, plane, ...flags, ...ports]
    const server = await startServer(process.execPath, args, { port, path: '/health' })
    servers.push(server)
    return server
  }
  const each = []
  for (let index = 0; index < wanted; index++) {
    const [port, registryPort] = [await freePort(), await freePort()]
    const dataPlane = await start('data-plane', ['--registry-port', String(registryPort)], registryPort)
    await start('control-plane', ['--port', String(port), '--registry-port', String(registryPort)], port)
    const url = `http://127.0.0.1:${port}`
    const call = callerOf(url)
    const registryUrl = dataPlane.url
    each.push({ url, registryUrl, authorization: await loginTo(call), call, dataPlane })
  }
  const onOnePort = async (wanted: number) => {
    const port = await freePort()
    const args = [main, 'data-plane', ...flags, '--registry-port', String(port)]
    const program = [here('one-port.js'), String(wanted), ...args]
    return startServer(process.execPath, program, { port, path: '/health' })
  }
  const dispose = async () => void (await Promise.all(servers.map((server) => server[Symbol.asyncDispose]())))
  return { each, onOnePort, [Symbol.asyncDispose]: dispose }
}

interface PlanesOptions {
  readonly main: string
  /** As `--store` takes it. */
  readonly store: string
  /** The number of each plane. */
  readonly count: number
}

interface EmulatorOptions {
  /** The `dist/ecr-local.cjs` to run, or an older build's `dist/main.js`. */
  readonly main: string
  readonly cpu?: number
  readonly config?: object
  /** As `--store` takes it. */
  readonly store?: string
  /** A data directory that outlives the server; by default it gets one of its own. */
  readonly dataDir?: string
}

interface Token {
  authorizationData: { authorizationToken: string }[]
}

/** The build that belongs to this benchmark. */
export const builtMain = here('../../ecr-local.cjs')

/** The server that ours is compared with where what is not ECR is to be left out: it gives these answers. */
export async function bareServer(answers: Readonly<Record<string, string>>, cpu?: number): Promise<Server> {
  const port = await freePort()
  const args = [here('bare-server.js'), String(port), JSON.stringify(answers)]
  return startServer(process.execPath, args, { port, cpu })
}

/** The CNCF Distribution registry, with Debian's defaults and without logs; with `proxyOf`, a pull-through cache. */
export async function dockerRegistry({ proxyOf, cpu }: { proxyOf?: string; cpu?: number } = {}): Promise<Server> {
  const port = await freePort()
  const own = join(directory, `docker-registry-${++count}`)
  const config = {
    version: '0.1',
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: own }, cache: { blobdescriptor: 'inmemory' }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${port}`, secret: 'of this bench' },
    ...(proxyOf !== undefined && { proxy: { remoteurl: proxyOf } }),
  }
  await writeFile(`${own}.yml`, JSON.stringify(config))
  return startServer('docker-registry', ['serve', `${own}.yml`], { port, cpu, path: '/v2/' })
}

const STREAM_MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so'

/** Whether nginx can be a balancer of TCP connections. */
export const canBalance = () => isInstalled('nginx') && existsSync(STREAM_MODULE)

/** nginx as docs/operations.md recommends it in front of several planes, with one worker. */
export async function balancer(planes: readonly Server[]): Promise<Server> {
  const port = await freePort()
  const own = join(directory, `balancer-${++count}`)
  const targets = planes.map((plane) => `server 127.0.0.1:${plane.port};`).join(' ')
  await writeFile(
    `${own}.conf`,
    `load_module ${STREAM_MODULE};
${nginxProcess(own)}
stream { upstream data_planes { least_conn; ${targets} } server { listen 127.0.0.1:${port}; proxy_pass data_planes; } }`,
  )
  return startServer('nginx', ['-e', `${own}.log`, '-c', `${own}.conf`], { port, path: '/health' })
}

const nginxProcess = (own: string) => `
daemon off; ${process.getuid?.() === 0 ? 'user root;' : ''} worker_processes 1; pid ${own}.pid; error_log ${own}.log;
events { worker_connections 512; }`

interface NginxOptions {
  readonly cpu?: number
  /** Limits every response, not the server: five layers at once have five times as much. */
  readonly bytesPerSecond?: number
}

/** nginx with sendfile and one worker, serving the files of a folder. */
export async function nginx(root: string, { cpu, bytesPerSecond }: NginxOptions = {}): Promise<Server> {
  const port = await freePort()
  const own = join(directory, `nginx-${++count}`)
  await writeFile(`${own}.conf`, nginxConfiguration(own, root, port, bytesPerSecond))
  return startServer('nginx', ['-e', `${own}.log`, '-c', `${own}.conf`], { port, cpu })
}

const nginxConfiguration = (own: string, root: string, port: number, bytesPerSecond = 0) => `${nginxProcess(own)}
http {
  sendfile on; tcp_nopush on; access_log off; keepalive_requests 1000000; open_file_cache max=100;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${own}-${name};`).join(' ')}
  server {
    listen 127.0.0.1:${port}; root ${root}; limit_rate ${bytesPerSecond};
    location ~ /manifests/ { default_type application/vnd.oci.image.manifest.v1+json; }
  }
}
`
