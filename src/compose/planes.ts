import type { Server } from 'node:http'
import { remoteDecisions } from '../adapters/peer/peer-decisions.js'
import { remoteImporter } from '../adapters/peer/peer-importer.js'
import { memoryKeyValue } from '../adapters/memory/key-value.js'
import type { Config } from '../config/config.js'
import { consoleDirectory } from '../console-directory.js'
import type { ProcessFacts } from '../control-plane/admin/status-route.js'
import { controlPlane } from '../control-plane/server.js'
import { pullSessions } from '../data-plane/pull-sessions.js'
import { dataPlane } from '../data-plane/server.js'
import type { InitStatus } from '../localstack/init-status.js'
import { pullThroughCache } from '../pull-through-cache/pull-through-cache.js'
import { OTHER_HOSTS } from '../registry/cache-rules/configured-upstream.js'
import type { ImportActivity } from '../registry/cache-rules/import-activity.js'
import type { Clock } from '../registry/ports/clock.js'
import type { DecisionSource } from '../registry/ports/decision-source.js'
import type { Importer } from '../registry/ports/importer.js'
import { processStatistics } from '../registry/statistics/statistics-writer.js'
import type { RegistryAddressOf } from '../registry/registry-address.js'
import type { SeedLine } from '../seed/seed-report.js'
import { seeder, type Seeder } from '../seed/seeder.js'
import { planeServer, type PlaneHandler } from '../server/listener.js'
import { onePort } from '../server/one-port.js'
import { storeOf } from '../store/store-of.js'
import { listen, portOf } from './listen.js'
import { hasRealRegistryNames, startRealNames, type RealNames } from './real-names-listener.js'
import { REAL_REGISTRY_HOST } from '../registry/real-names.js'
import type { Parts } from './parts.js'
import {
  addressOfOtherDataPlane,
  addressOfOwnDataPlane,
  type DataPlaneAddress,
  endpointOf,
  isOnePort,
  isOnLoopback,
  registryAddresses,
  registryPortOf,
} from './plane-addresses.js'

/** A plane, by the name of the command that starts it alone. */
export type Plane = 'control-plane' | 'data-plane'

/** The parts of the planes. The control plane's clock wakes the background tasks when it is advanced. */
type PlaneParts = Parts & {
  readonly clockOfControlPlane: Clock
  readonly initStatus: InitStatus | undefined
}

/** The planes of this process, which answer requests. */
export interface StartedPlanes {
  /** Where the control plane listens; undefined if it runs elsewhere. */
  readonly endpoint: string | undefined
  /** Host and port of the data plane, wherever it runs. */
  readonly registry: string
  /** The planes as they are reached by real names, if a setting asks for that. */
  readonly realNames?: RealNames
  /** Ends the answers of the control plane that would go on, if it runs here. */
  readonly endStreams?: () => void
  /** The data plane of this process, if it runs one. */
  readonly data: ReturnType<typeof dataPlaneOf> | undefined
  /** The seed, which is in place except for its images; undefined if the control plane runs elsewhere. */
  readonly seed: (StartSeed & { readonly lines: readonly SeedLine[] }) | undefined
}

/** What puts the seed in place, and does so again. */
interface StartSeed {
  readonly seeder: Seeder
  readonly afterReset: () => Promise<void>
}

/** Starts the planes: both on one port, unless the settings give the data plane its own. Adds their servers. */
export async function startPlanes(
  config: Config,
  planes: readonly Plane[],
  parts: PlaneParts,
  servers: Server[],
): Promise<StartedPlanes> {
  const listenOn = listener(config, parts, servers)
  const sharePort = planes.length === 2 && isOnePort(config)
  const data = planes.includes('data-plane') ? dataPlaneOf(config, parts) : undefined
  const ownPort = data && !sharePort ? await listenOn(data.handler, registryPortOf(config)) : config.port
  let address = data ? addressOfOwnDataPlane(config, ownPort) : addressOfOtherDataPlane(config)
  const started = { registry: address.registry, endpoint: undefined, data, seed: undefined }
  if (!planes.includes('control-plane')) return started
  const dataPlaneParts = data ? ownDataPlane(data) : remoteDataPlane(address, parts)
  const registryAddress = hasRealRegistryNames(config)
    ? () => ({ scheme: 'https', host: REAL_REGISTRY_HOST }) as const
    : registryAddresses(config, () => address, sharePort)
  const listening = { planes, endpoint: '', registry: address.registry }
  const processFacts = () => ({ ...parts.about, ...listening, ...factsOf(config, parts) })
  const control = controlPlaneOf(config, registryAddress, { ...parts, ...dataPlaneParts, sharePort, processFacts })
  const lines = await control.seeder.apply()
  const handler = sharePort && data ? onePort(control.handler, data.handler) : control.handler
  const port = await listenOn(handler, config.port)
  for (const further of config.furtherAddresses) await listenOn(handler, further.port, further.host)
  if (sharePort) address = addressOfOwnDataPlane(config, port)
  const realNames =
    config.realNames && data ? await startRealNames(config, onePort(control.handler, data.handler), parts) : undefined
  if (realNames) servers.push(realNames.server)
  listening.endpoint = endpointOf(config, port)
  listening.registry = address.registry
  return {
    ...started,
    ...(realNames && { realNames }),
    seed: { ...control, lines },
    endStreams: control.endStreams,
    registry: listening.registry,
    endpoint: listening.endpoint,
  }
}

/** Serves a plane at a port, adds the server, and resolves with the port, which the system may have chosen. */
const listener =
  (config: Config, parts: PlaneParts, servers: Server[]) =>
  async (plane: PlaneHandler, port: number, host = config.host): Promise<number> => {
    const server = await listen(planeServer(parts, plane), host, port)
    servers.push(server)
    return portOf(server)
  }

/** What the status says about this process, apart from where it listens. */
const factsOf = ({ store, blobs }: Config, { startedAt, warnings }: PlaneParts) => ({
  pid: process.pid,
  startedAt,
  blobStorage: store === 'memory' ? 'memory' : blobs === 'disk' ? 'disk' : 's3',
  warnings,
})

/** What a control plane needs of the data plane: direct calls in one process, else signed requests. */
interface DataPlaneParts {
  readonly importer: Importer
  readonly ownActivity?: () => ImportActivity
  readonly explanations?: DecisionSource
}

const ownDataPlane = ({ cache, running }: ReturnType<typeof dataPlaneOf>): DataPlaneParts => ({
  importer: cache,
  ownActivity: running.activity,
})

const remoteDataPlane = ({ origin }: DataPlaneAddress, { secret, ids }: Parts): DataPlaneParts => ({
  importer: remoteImporter({ origin, secret, ids }),
  explanations: remoteDecisions({ origin, secret, ids }),
})

function dataPlaneOf(config: Config, parts: PlaneParts) {
  const { log, events } = parts
  const settings = { ...config.pullThroughCache, egress: config.network.egress }
  const statistics = processStatistics(parts)
  const { recorder } = statistics
  const { cache, backlog, running } = pullThroughCache({ ...parts, statistics: recorder, settings })
  const recordPull = config.events.pulls ? events.pull : undefined
  const sessions = pullSessions({ log, recordPull, statistics: recorder })
  const about = { ...parts.about, plane: 'data' } as const
  const handler = dataPlane({ ...parts, about, pullThrough: cache, pullSessions: sessions, statistics: recorder })
  return { cache, backlog, running, pullSessions: sessions, statistics, handler }
}

function controlPlaneOf(
  config: Config,
  registryAddress: RegistryAddressOf,
  parts: PlaneParts & DataPlaneParts & { readonly sharePort: boolean; readonly processFacts: () => ProcessFacts },
): StartSeed & { readonly handler: PlaneHandler; readonly endStreams: () => void } {
  const stopping = new AbortController()
  const resources = {
    ...parts,
    clock: parts.clockOfControlPlane,
    about: { ...parts.about, plane: parts.sharePort ? 'both' : 'control' },
    adminAllowed: isOnLoopback(config),
    adminToken: config.adminToken,
    consoleDirectory,
    consoleHosts: new Set(config.consoleHosts.map((name) => name.toLowerCase())),
    stopSignal: stopping.signal,
    settings: {
      registryAddress,
      upstreamHosts: Object.keys(config.upstreams).filter((host) => host !== OTHER_HOSTS),
      unsupportedRegions: config.pullThroughCache.unsupportedRegions,
      principalsAreChecked: config.auth === 'strict',
      checks: config.pullThroughCache,
      secret: parts.secret,
      egress: config.network.egress,
    },
  } as const
  const emptyStore = () => storeOf(memoryKeyValue())
  const seed = seeder(config.seed, config.accounts, { ...resources, emptyStore })
  const afterReset = async () => {
    await seed.apply('reset')
    void seed.importImages('reset')
  }
  const handler = controlPlane({ ...resources, afterReset })
  return { handler, seeder: seed, afterReset, endStreams: () => stopping.abort() }
}
