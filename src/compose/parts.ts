import { accountWarnings } from '../access/account-warnings.js'
import { authorizer } from '../access/authorizer.js'
import { creationRoleCheck } from '../access/creation-role-check.js'
import { decisionLog } from '../access/explain/decision-log.js'
import { identitiesIn } from '../access/identities.js'
import { configuredJwks } from '../adapters/configured/configured-jwks.js'
import { type PrometheusMetrics } from '../adapters/prometheus/prometheus-metrics.js'
import { type Certificate } from './tls.js'
import { isReady } from './ready.js'
import { secretOf } from './signing-secret.js'
import { type Storage } from './storage.js'
import type { Config } from '../config/config.js'
import { blobTotals } from './blob-totals.js'
import { costlyResult } from '../coordination/costly-result.js'
import { registryTotals } from '../upkeep/installation-totals.js'
import { holdingsByRule, rulesOfRegistries } from '../upkeep/rule-holdings.js'
import { keyedMutex } from '../coordination/keyed-mutex.js'
import { pullTimeRecorder } from '../registry/images/record-pull.js'
import { eventSinks } from './event-sinks.js'
import { eventLog } from '../registry/event-log.js'
import type { Log } from '../registry/ports/log.js'
import { secretsOf } from './secret-sources.js'
import { openUpstreams } from './upstreams.js'
import { noTraces, type Traces } from '../registry/ports/traces.js'
import { tracedStore } from '../store/traced-store.js'
import { actionRates } from '../server/action-rates.js'
import { sharedText } from '../server/health.js'
import { version } from '../version.js'

/** How long a request for the status waits for what the registries hold. */
const TOTALS_WITHIN_MS = 1_000

/** Where every part reports what it does. */
export interface Telemetry {
  readonly log: Log
  readonly metrics: PrometheusMetrics
  readonly traces: Traces
}

/** The parts that both planes share. */
export function partsOf(
  config: Config,
  storage: Storage,
  tls: Certificate | undefined,
  { log, metrics, traces }: Telemetry,
) {
  const { clock, ids } = storage
  const store = traces === noTraces ? storage.store : tracedStore(storage.store, traces)
  const [totals, sinks] = [blobTotals(storage.blobs), eventSinks(config)]
  const [identities, decisions] = [identitiesIn(config.accounts, config.auth, config.organization), decisionLog()]
  const authorize = authorizer({ store, identities, decisions })
  const secrets = secretsOf(config, { clock, log })
  const shared = { ...storage, store, log, metrics, traces, identities, decisions, authorize, secrets }
  return {
    ...shared,
    ...settingsOf(config),
    ...openUpstreams(config, shared),
    metricsText: sharedText(async () => metrics.text(await totals())),
    totalOfBlobs: totals,
    totalsOfRegistries: costlyResult(() => registryTotals(store), TOTALS_WITHIN_MS),
    rulesOfRegistries: costlyResult(() => rulesOfRegistries(store), TOTALS_WITHIN_MS),
    holdingsByRule: costlyResult(() => holdingsByRule(store), TOTALS_WITHIN_MS),
    startedAt: clock.wall(),
    identityProviderKeys: configuredJwks,
    checkCreationRole: creationRoleCheck({ identities, authorize, decisions, auth: config.auth }),
    eventSinks: sinks,
    events: eventLog({ store, ids, sinks }),
    warnings: accountWarnings(config.accounts, identities),
    uploadMutex: keyedMutex(),
    recordPullTime: pullTimeRecorder(store),
    actionRates: actionRates(config.limits.rates, clock),
    isReady: () => isReady(store),
    ...(tls && { tls }),
    about: { version, store: kindOf(config.store), auth: config.auth },
  }
}

/** The settings that are parts as they stand. */
const settingsOf = (config: Config) => ({
  auth: config.auth,
  anonymousPull: config.anonymousPull,
  images: config.images,
  lifecycle: config.lifecycle,
  limits: config.limits,
  maxSkewSeconds: config.signatures.maxSkewSeconds,
  quotas: config.quotas,
  secret: secretOf(config),
})

/** The parts that both planes share. */
export type Parts = ReturnType<typeof partsOf>

/** /health is open to everybody, so it shows the kind of store without its host and password. */
const kindOf = (store: Config['store']) => (store.startsWith('redis') ? 'redis' : store)
