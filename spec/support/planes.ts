import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BackgroundProcess, startProcess } from './background-process.js'
import { startBalancer, type Balancer } from './balancer.js'
import { neutralEnvironment } from './run-command.js'
import { temporaryDirectory } from './temporary-directory.js'

/** Control planes and data planes in separate processes, each kind behind a plain TCP load balancer. */
export interface Planes extends AsyncDisposable {
  /** The load balancer of the control planes: `http://127.0.0.1:<port>`. */
  readonly endpoint: string
  /** The load balancer of the data planes, as image names begin: `127.0.0.1:<port>`. */
  readonly registry: string
  readonly dataDir: string
  /** First the data planes, then the control planes, each in the order of their start. */
  readonly planes: readonly BackgroundProcess[]
  /** The address of one plane without the load balancer: `127.0.0.1:<port>`. */
  addressOf(index: number): string
  /** Kills a plane with SIGKILL and removes it from the load balancer. */
  kill(index: number): Promise<void>
  /** Restarts a killed plane, with additional environment variables if given; its port may change. */
  restart(index: number, more?: NodeJS.ProcessEnv): Promise<void>
}

export interface PlanesOptions {
  /** The number of planes of each kind; the default is one. */
  control?: number
  data?: number
  /** By default `embedded`: state in the data directory, which all planes share. */
  store?: string
  blobs?: string
  /** By default, a new directory that is removed at the end. */
  dataDir?: string
  /** The content of the configuration file. */
  config?: object
  env?: NodeJS.ProcessEnv
}

interface Kind {
  readonly command: 'data-plane' | 'control-plane'
  readonly balancer: Balancer
  readonly flags: readonly string[]
}

const main = fileURLToPath(new URL('../../dist/ecr-local.cjs', import.meta.url))
const secret = 'all planes of this installation hold this secret'

/** Starts the output of `npm run build` on free ports. */
export async function startPlanes(options: PlanesOptions = {}): Promise<Planes> {
  if (!existsSync(main)) throw new Error('dist/ecr-local.cjs is missing: npm run build')
  const { control = 1, data = 1, env } = options
  const own = await temporaryDirectory()
  const dataDir = options.dataDir ?? join(own.path, 'data')
  const common = await commonFlags(options, own.path, dataDir)
  const [controls, registries] = [await startBalancer(), await startBalancer()]
  const registryPort = String(registries.port)
  const dataPlane: Kind = { command: 'data-plane', balancer: registries, flags: ['--registry-port', '0'] }
  const controlPlane: Kind = {
    ...{ command: 'control-plane', balancer: controls },
    flags: ['--port', '0', '--registry-port', registryPort],
  }
  const kinds = [
    ...Array.from({ length: data }, () => dataPlane),
    ...Array.from({ length: control }, () => controlPlane),
  ]
  const running: Plane[] = []
  const dispose = async () => {
    await Promise.all(running.map(({ process }) => process.stop()))
    await Promise.all([controls, registries].map((balancer) => balancer[Symbol.asyncDispose]()))
    await own[Symbol.asyncDispose]()
  }
  try {
    // One after another, since the first one creates the data directory.
    for (const kind of kinds) running.push(await startPlane(kind, common, env))
  } catch (error) {
    await dispose()
    throw error
  }
  const planeAt = (index: number) => {
    const plane = running[index]
    if (!plane) throw new Error(`There is no plane ${index}`)
    return plane
  }
  return {
    endpoint: `http://127.0.0.1:${controls.port}`,
    registry: `127.0.0.1:${registries.port}`,
    dataDir,
    get planes() {
      return running.map(({ process }) => process)
    },
    addressOf: (index) => `127.0.0.1:${planeAt(index).port}`,
    async kill(index) {
      const { kind, port, process } = planeAt(index)
      await process.stop('SIGKILL')
      kind.balancer.remove(port)
    },
    async restart(index, more) {
      running[index] = await startPlane(planeAt(index).kind, common, { ...env, ...more })
    },
    [Symbol.asyncDispose]: dispose,
  }
}

async function commonFlags({ store, blobs, config = {} }: PlanesOptions, own: string, dataDir: string) {
  const file = join(own, 'ecr-local.json')
  await writeFile(file, JSON.stringify(config))
  const where = [...(store === undefined ? [] : ['--store', store]), ...(blobs === undefined ? [] : ['--blobs', blobs])]
  return ['--config', file, '--data-dir', dataDir, ...where]
}

interface Plane {
  readonly kind: Kind
  readonly port: number
  readonly process: BackgroundProcess
}

async function startPlane(kind: Kind, common: readonly string[], env?: NodeJS.ProcessEnv): Promise<Plane> {
  const child = await startProcess(process.execPath, [main, kind.command, ...common, ...kind.flags], {
    ready: /"msg":"ready"/,
    env: { ...neutralEnvironment(), ECR_LOCAL_SECRET: secret, ...env },
  })
  const ready = JSON.parse(child.readyLine) as { endpoint?: string; registry: string }
  const address = kind.command === 'control-plane' ? String(ready.endpoint) : ready.registry
  const port = Number(address.split(':').at(-1))
  kind.balancer.add(port)
  return { kind, port, process: child }
}
