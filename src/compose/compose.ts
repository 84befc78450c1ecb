import type { Server } from 'node:http'
import { accountWarnings } from '../access/account-warnings.js'
import { authorizer } from '../access/authorizer.js'
import { creationRoleCheck } from '../access/creation-role-check.js'
import { decisionLog } from '../access/explain/decision-log.js'
import { identitiesIn } from '../access/identities.js'
import { configuredJwks } from '../adapters/configured/configured-jwks.js'
import { remoteDecisions } from '../adapters/peer/peer-decisions.js'
import { remoteImporter } from '../adapters/peer/peer-importer.js'
import { registeredTraces } from '../adapters/opentelemetry/registered-traces.js'
import { type PrometheusMetrics, prometheusMetrics } from '../adapters/prometheus/prometheus-metrics.js'
import { clientHost, type DataPlaneAddress, dataPlaneAddress, isLoopback, schemeOf } from './plane-addresses.js'
import { type Certificate, readCertificate, renewCertificate } from './tls.js'
import { drain, listen, portOf } from './listen.js'
import { startMaintenance } from './maintenance.js'
import { isReady } from './ready.js'
import { openScanner } from './open-scanner.js'
import { secretOf } from './signing-secret.js'
import { openStorage, type Storage } from './storage.js'
import type { Config } from '../config/config.js'
import { controlPlane } from '../control-plane/server.js'
import type { InitStatus } from '../localstack/init-status.js'
import { pullThroughCache } from '../pull-through-cache/pull-through-cache.js'
import { pullSessions } from '../data-plane/pull-sessions.js'
import { dataPlane } from '../data-plane/server.js'
import { blobTotals } from './blob-totals.js'
import { keyedMutex } from '../coordination/keyed-mutex.js'
import { pullTimeRecorder } from '../registry/images/record-pull.js'
import type { Tasks } from '../background/tasks.js'
import { startBackground } from './background.js'
import { eventSinks } from './event-sinks.js'
import type { Clock } from '../registry/ports/clock.js'
import { eventLog } from '../registry/event-log.js'
import type { DecisionSource } from '../registry/ports/decision-source.js'
import type { Importer } from '../registry/ports/importer.js'
import type { Log } from '../registry/ports/log.js'
import { secretsOf } from './secret-sources.js'
import { openUpstreams } from './upstreams.js'
import { noTraces, type Traces } from '../registry/ports/traces.js'
import { tracedStore } from '../store/traced-store.js'
import { actionRates } from '../server/action-rates.js'
import { sharedText } from '../server/health.js'
import { version } from '../version.js'

export type Plane = 'control-plane' | 'data-plane'

/** The planes that were started, where they listen, and how to stop them. */
export interface Running {
  /** Where the control plane listens, for `aws --endpoint-url`; undefined where it runs elsewhere. */
  readonly endpoint: string | undefined
  /** Host and port of the data plane, for `docker pull`. */
  readonly registry: string
  /** Resolves with the reason if the planes cannot go on and only a correction and another start help. */
  readonly failed: Promise<Error>
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
  const telemetry: Telemetry = { log, metrics: prometheusMetrics(), traces: await registeredTraces(version) }
  let background: Tasks | undefined
  const storage = await openStorage(config, { ...telemetry, onWrite: (collection) => background?.written(collection) })
  const closing: (() => Promise<void>)[] = [() => storage.close()]
  const servers: Server[] = []
  try {
    const parts = partsOf(config, storage, tls, telemetry)
    for (const warning of accountWarnings(config.accounts, parts.identities)) log.warn({}, warning)
    closing.unshift(() => parts.closeUpstreams())
    const tasks = (background = startBackground({ ...parts, scanner: await openScanner(config, parts) }, closing))
    const maintenance = await startMaintenance(storage, config, telemetry)
    closing.unshift(() => maintenance.stop())
    const wakingClock = clockThatWakes(tasks, parts.clock)
    const importing = planes.includes('data-plane') ? await startDataPlane(config, parts, servers) : undefined
    const address = dataPlaneAddress(config, importing && portOf(importing.server))
    const dataPlaneParts = importing ? { importer: importing.cache } : remoteDataPlane(address, parts)
    const control = planes.includes('control-plane')
      ? await startControlPlane(
          config,
          address,
          { ...parts, ...dataPlaneParts, clock: wakingClock, initStatus },
          servers,
        )
      : undefined
    importing?.backlog.watch()
    return {
      endpoint: control && `${schemeOf(config)}://${clientHost(config.host)}:${portOf(control)}`,
      registry: address.registry,
      failed: storage.failed,
      renewCertificate: () => renewCertificate(servers, config, log),
      async close() {
        importing?.backlog.stop()
        await Promise.all(servers.map(drain))
        await importing?.pullSessions.close()
        for (const close of closing) await close()
      },
    }
  } catch (error) {
    servers.forEach((server) => server.close())
    for (const close of closing) await close()
    throw error
  }
}

/** Where every part reports what it does. */
interface Telemetry {
  readonly log: Log
  readonly metrics: PrometheusMetrics
  readonly traces: Traces
}

/** The parts that both planes share. */
function partsOf(config: Config, storage: Storage, tls: Certificate | undefined, { log, metrics, traces }: Telemetry) {
  const { clock, ids } = storage
  const store = traces === noTraces ? storage.store : tracedStore(storage.store, traces)
  const [totals, sinks] = [blobTotals(storage.blobs), eventSinks(config)]
  const [identities, decisions] = [identitiesIn(config.accounts, config.auth, config.organization), decisionLog()]
  const authorize = authorizer({ store, identities, decisions })
  const secrets = secretsOf(config, { clock, log })
  const shared = { ...storage, store, log, metrics, traces, identities, decisions, authorize, secrets }
  return {
    ...shared,
    ...openUpstreams(config, shared),
    metricsText: sharedText(async () => metrics.text(await totals())),
    identityProviderKeys: configuredJwks,
    secret: secretOf(config),
    checkCreationRole: creationRoleCheck({ identities, authorize, decisions, auth: config.auth }),
    eventSinks: sinks,
    events: eventLog({ store, ids, sinks }),
    quotas: config.quotas,
    images: config.images,
    lifecycle: config.lifecycle,
    uploadMutex: keyedMutex(),
    recordPullTime: pullTimeRecorder(store),
    auth: config.auth,
    anonymousPull: config.anonymousPull,
    limits: config.limits,
    actionRates: actionRates(config.limits.rates, clock),
    maxSkewSeconds: config.signatures.maxSkewSeconds,
    isReady: () => isReady(store),
    ...(tls && { tls }),
    about: { version, store: kindOf(config.store), auth: config.auth },
  }
}

type Parts = ReturnType<typeof partsOf>

/** /health is open to everybody, so it shows the kind of store without its host and password. */
const kindOf = (store: Config['store']) => (store.startsWith('redis') ? 'redis' : store)

/** A clock after whose advance the background tasks look for what has become due. */
const clockThatWakes = (tasks: Tasks, clock: Clock): Clock => ({
  ...clock,
  async advance(seconds) {
    const time = await clock.advance(seconds)
    tasks.runSoon()
    return time
  },
})

/** What a control plane needs of the data plane: direct calls in one process, else signed requests. */
interface DataPlaneParts {
  readonly importer: Importer
  readonly explanations?: DecisionSource
}

const remoteDataPlane = ({ origin }: DataPlaneAddress, { secret, ids }: Parts): DataPlaneParts => ({
  importer: remoteImporter({ origin, secret, ids }),
  explanations: remoteDecisions({ origin, secret, ids }),
})

async function startDataPlane(config: Config, parts: Parts, servers: Server[]) {
  const { log, events } = parts
  const settings = { ...config.pullThroughCache, egress: config.network.egress }
  const { cache, backlog } = pullThroughCache({ ...parts, settings })
  const sessions = pullSessions({ log, recordPull: config.events.pulls ? events.pull : undefined })
  const plane = dataPlane({ ...parts, pullThrough: cache, pullSessions: sessions })
  const server = await listen(plane, config.host, config.registryPort)
  servers.push(server)
  return { cache, backlog, pullSessions: sessions, server }
}

async function startControlPlane(
  config: Config,
  { scheme, port }: DataPlaneAddress,
  parts: Parts & DataPlaneParts & { readonly initStatus: InitStatus | undefined },
  servers: Server[],
): Promise<Server> {
  const plane = controlPlane({
    ...parts,
    adminAllowed: isLoopback(config.host),
    adminToken: config.adminToken,
    settings: {
      registryHost: config.registryHost.replaceAll('{port}', port),
      registryScheme: scheme,
      upstreamHosts: Object.keys(config.upstreams),
      unsupportedRegions: config.pullThroughCache.unsupportedRegions,
      principalsAreChecked: config.auth === 'strict',
      checks: config.pullThroughCache,
      secret: parts.secret,
      egress: config.network.egress,
    },
  })
  const server = await listen(plane, config.host, config.port)
  servers.push(server)
  return server
}
