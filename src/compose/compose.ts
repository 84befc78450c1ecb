import type { Server } from 'node:http'
import { registeredTraces } from '../adapters/opentelemetry/registered-traces.js'
import { prometheusMetrics } from '../adapters/prometheus/prometheus-metrics.js'
import { loadUpstreamClient } from '../adapters/upstream/upstream-connections.js'
import { readCertificate, renewCertificate } from './tls.js'
import { drain } from './listen.js'
import { partsOf, type Telemetry } from './parts.js'
import { type Plane, type StartedPlanes, startPlanes } from './planes.js'
import { realNamesFiles } from './real-names-listener.js'
import { startMaintenance } from './maintenance.js'
import { warmUp } from './warm-up.js'
import { openScanner } from './open-scanner.js'
import { openStorage, type Storage } from './storage.js'
import { countWork, type WorkInHand } from './work-in-hand.js'
import type { Config } from '../config/config.js'
import type { InitStatus } from '../localstack/init-status.js'
import type { Tasks } from '../background/tasks.js'
import { startBackground } from './background.js'
import type { Clock } from '../registry/ports/clock.js'
import type { Log } from '../registry/ports/log.js'
import type { SeedReport } from '../seed/seeder.js'
import { type InProcess, inProcess } from './in-process.js'
import { version } from '../version.js'

/** The planes that were started, where they listen, and how to stop them. */
export interface Running {
  /** Where the control plane listens, for `aws --endpoint-url`; undefined where it runs elsewhere. */
  readonly endpoint: string | undefined
  /** Host and port of the data plane, for `docker pull`. */
  readonly registry: string
  /** What became of the seed; undefined where the control plane runs elsewhere. */
  readonly seed: SeedReport | undefined
  /** For the program that the planes run in. */
  readonly inProcess: InProcess
  /** The lines of a hosts file with which programs on this machine reach the planes by the names of AWS, if they do. */
  readonly hostsFile?: readonly string[]
  /** Resolves with the reason if the planes cannot go on and only a correction and another start help. */
  readonly failed: Promise<Error>
  /** What is being worked on, until it has ended. */
  inHand(): WorkInHand
  /** Reads the files of the certificate again; without TLS nothing happens. */
  renewCertificate(): void
  /** Lets requests in hand finish, up to the bound, then closes everything. */
  close(): Promise<void>
}

/**
 * Builds all parts, passes them to the planes, and listens. With `compose/` the only place that knows every adapter.
 */
export async function compose(
  config: Config,
  planes: readonly Plane[],
  log: Log,
  initStatus?: InitStatus,
): Promise<Running> {
  const tls = readCertificate(config)
  const { metrics, inHand } = countWork(prometheusMetrics())
  const telemetry: Telemetry = { log, metrics, traces: await registeredTraces(version) }
  const { storage, writeListeners } = await watchedStorage(config, telemetry)
  const closing: (() => Promise<void>)[] = [() => storage.close()]
  const servers: Server[] = []
  try {
    const parts = partsOf(config, storage, tls, telemetry)
    for (const warning of parts.warnings) log.warn({}, warning)
    closing.unshift(() => parts.closeUpstreams())
    const tasks = startBackground({ ...parts, scanner: await openScanner(config, parts) }, closing)
    writeListeners.add((collection) => tasks.written(collection))
    closing.unshift((await startMaintenance(storage, config, telemetry)).stop)
    const planeParts = { ...parts, initStatus, clockOfControlPlane: clockThatWakes(tasks, parts.clock) }
    const started = await startPlanes(config, planes, planeParts, servers)
    const { data, seed, realNames } = started
    whenAnswering(started, storage)
    if (data) writeListeners.add(warmUp(loadUpstreamClient, parts.store, closing))
    return {
      ...addressesOf(started),
      seed: seed && { lines: seed.lines, images: seed.seeder.importImages() },
      inProcess: inProcess(parts, { tasks, backlog: data?.backlog, afterReset: seed?.afterReset }),
      failed: storage.failed,
      inHand,
      ...(realNames && { hostsFile: realNames.hostsFile }),
      renewCertificate: () => renewCertificate(servers, realNames ? realNamesFiles(config) : config, log),
      close: () => stopPlanes(started, servers).then(() => inTurn(closing)),
    }
  } catch (error) {
    servers.forEach((server) => server.close())
    await inTurn(closing)
    throw error
  }
}

/** The storage, and the functions that are called with the name of each collection that this process has written to. */
async function watchedStorage(config: Config, telemetry: Telemetry) {
  const writeListeners = new Set<(collection: string) => void>()
  const onWrite = (collection: string) => writeListeners.forEach((listener) => listener(collection))
  return { storage: await openStorage(config, { ...telemetry, onWrite }), writeListeners }
}

/** What waits until the planes answer. */
function whenAnswering({ data }: StartedPlanes, storage: Storage): void {
  storage.confirm()
  data?.backlog.watch()
}

const addressesOf = ({ endpoint, registry }: StartedPlanes) => ({ endpoint, registry })

/** Lets requests in hand finish, up to a bound. */
async function stopPlanes({ seed, data, endStreams }: StartedPlanes, servers: readonly Server[]): Promise<void> {
  endStreams?.()
  seed?.seeder.stop()
  data?.backlog.stop()
  await Promise.all(servers.map(drain))
  await Promise.all([data?.pullSessions.close(), data?.running.stop()])
  await data?.statistics.close()
}

async function inTurn(steps: readonly (() => Promise<void>)[]): Promise<void> {
  for (const step of steps) await step()
}

/** A clock after whose advance the background tasks look for what has become due. */
const clockThatWakes = (tasks: Tasks, clock: Clock): Clock => ({
  ...clock,
  async advance(seconds) {
    const time = await clock.advance(seconds)
    tasks.runSoon()
    return time
  },
})
