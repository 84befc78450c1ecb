import type { Server } from 'node:http'
import { type AddressInfo, isIPv6 } from 'node:net'
import { join } from 'node:path'
import { authorizer } from './access/authorizer.js'
import { decisionLog } from './access/decision-log.js'
import { identitiesIn } from './access/identities.js'
import { secretUnder, signText } from './access/signed-text.js'
import { configuredSecrets } from './adapters/configured/secrets.js'
import { filesystemBlobStore } from './adapters/filesystem/blob-store.js'
import { openDataDirectory } from './adapters/filesystem/data-directory.js'
import { remoteDecisions } from './adapters/http/explanations.js'
import { remoteImporter } from './adapters/http/importer.js'
import { lateHttpUpstreams } from './adapters/http/late-upstreams.js'
import { lmdbKeyValue } from './adapters/lmdb/key-value.js'
import { memoryBlobStore } from './adapters/memory/blob-store.js'
import { memoryKeyValue } from './adapters/memory/key-value.js'
import { systemClock } from './adapters/system/clock.js'
import { randomFraction, randomIds } from './adapters/system/ids.js'
import { keptSecret, newSecret } from './adapters/system/secret.js'
import type { Config } from './config.js'
import { controlPlane } from './control-plane/server.js'
import { pullThrough } from './data-plane/cache/pull-through.js'
import { dataPlane } from './data-plane/server.js'
import { eventLog } from './registry/event-log.js'
import type { DecisionSource } from './registry/ports/decision-source.js'
import type { Importer } from './registry/ports/importer.js'
import type { Log } from './registry/ports/log.js'
import { storeOf } from './registry/store.js'
import { version } from './version.js'

export type Plane = 'control-plane' | 'data-plane'

/** The planes that were started, where they listen, and how to stop them. */
export interface Running {
  /** Where the control plane listens, for `aws --endpoint-url`; undefined where it runs elsewhere. */
  readonly endpoint: string | undefined
  /** Host and port of the data plane, for `docker pull`. */
  readonly registry: string
  /** Lets requests in hand finish, up to the bound, then closes everything. */
  close(): Promise<void>
}

/** How long requests in hand may take to finish once the process is to stop. */
const DRAIN_MS = 3000

/** Builds every part, hands the parts to the planes, and listens. The only place that knows them all. */
export async function compose(config: Config, planes: readonly Plane[], log: Log): Promise<Running> {
  const parts = openParts(config, log)
  const servers: Server[] = []
  const importing = planes.includes('data-plane')
    ? pullThrough({ ...parts, settings: pullThroughSettings(config) })
    : undefined
  try {
    if (importing)
      servers.push(await listen(dataPlane({ ...parts, pullThrough: importing }), config.host, config.registryPort))
    const registry = `${clientHost(config.host)}:${servers[0] ? portOf(servers[0]) : config.registryPort}`
    const dataPlaneParts = importing ? { importer: importing } : remoteDataPlane(`http://${registry}`, parts)
    const control = planes.includes('control-plane')
      ? await startControlPlane(config, registry, { ...parts, ...dataPlaneParts })
      : undefined
    if (control) servers.push(control)
    importing?.resume().catch((err: unknown) => log.error({ err }, 'imports could not be resumed'))
    return {
      endpoint: control && `http://${clientHost(config.host)}:${portOf(control)}`,
      registry,
      async close() {
        importing?.stop()
        await Promise.all(servers.map(drain))
        await parts.close()
      },
    }
  } catch (error) {
    servers.forEach((server) => server.close())
    await parts.close()
    throw error
  }
}

/** The adapters the configuration asks for. */
function openParts(config: Config, log: Log) {
  const isKept = config.store === 'embedded'
  if (isKept) openDataDirectory(config.dataDir)
  const ids = randomIds
  const store = storeOf(isKept ? lmdbKeyValue({ path: join(config.dataDir, 'state') }) : memoryKeyValue())
  const blobs = isKept ? filesystemBlobStore({ root: config.dataDir, ids }) : memoryBlobStore()
  const clock = systemClock(store)
  const [identities, decisions] = [identitiesIn(config.accounts, config.auth), decisionLog()]
  const upstreams = lateHttpUpstreams({ endpoints: config.upstreams, clock, random: randomFraction })
  return {
    ...{ store, blobs, ids, clock, upstreams, log },
    secrets: configuredSecrets(config.accounts),
    secret: secretUnder(config.auth, isKept ? keptSecret(config.dataDir) : newSecret()),
    ...{ identities, decisions, authorize: authorizer({ store, identities, decisions }) },
    recordEvent: eventLog({ store, ids }),
    about: { version, store: config.store, auth: config.auth },
    async close() {
      await upstreams.close()
      await store.close()
    },
  }
}

type Parts = ReturnType<typeof openParts>

/** What the data plane does for the control plane, where it is another process: asked in requests both can sign. */
interface DataPlaneParts {
  readonly importer: Importer
  readonly explanations?: DecisionSource
}

const remoteDataPlane = (origin: string, { secret }: Parts): DataPlaneParts => ({
  importer: remoteImporter({ origin, sign: (body) => signText('import', body, secret) }),
  explanations: remoteDecisions({ origin, sign: (query) => signText('explain', query, secret) }),
})

async function startControlPlane(config: Config, registry: string, parts: Parts & DataPlaneParts): Promise<Server> {
  const plane = controlPlane({
    ...parts,
    auth: config.auth,
    maxSkewSeconds: config.signatures.maxSkewSeconds,
    adminAllowed: isLoopback(config.host),
    settings: {
      registryHost: config.registryHost.replaceAll('{port}', registry.split(':').at(-1) ?? ''),
      upstreamHosts: Object.keys(config.upstreams),
      unsupportedRegions: config.pullThroughCache.unsupportedRegions,
      principalsAreChecked: config.auth === 'strict',
      quotas: config.quotas,
      secret: parts.secret,
      egress: config.network.egress,
    },
  })
  return listen(plane, config.host, config.port)
}

const pullThroughSettings = ({ pullThroughCache, network }: Config) => ({ ...pullThroughCache, egress: network.egress })

function listen(server: Server, host: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve(server))
  })
}

async function drain(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  const bound = setTimeout(() => server.closeAllConnections(), DRAIN_MS)
  server.closeIdleConnections()
  await closed
  clearTimeout(bound)
}

const portOf = (server: Server) => (server.address() as AddressInfo).port
const isLoopback = (host: string) => host === 'localhost' || host === '::1' || host.startsWith('127.')

/** What clients write: `localhost` for loopback, because Docker takes plain HTTP from it without being told. */
function clientHost(host: string): string {
  if (isLoopback(host) || host === '0.0.0.0' || host === '::') return 'localhost'
  return isIPv6(host) ? `[${host}]` : host
}
