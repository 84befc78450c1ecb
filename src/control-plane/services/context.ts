import type { Authorize } from '../../access/authorize.js'
import type { DecisionLog } from '../../access/explain/decision-log.js'
import type { Identities } from '../../access/identities.js'
import type { StoredPolicies } from '../../access/stored-policies.js'
import type { PullThroughSettings } from '../../registry/cache-rules/cache-rule.js'
import type { BlobStore } from '../../registry/ports/blob-store.js'
import type { Clock } from '../../registry/ports/clock.js'
import type { Ids } from '../../registry/ports/ids.js'
import type { Importer, Wait } from '../../registry/ports/importer.js'
import type { Leases } from '../../registry/ports/lease.js'
import type { Log } from '../../registry/ports/log.js'
import type { Pins } from '../../registry/ports/pins.js'
import type { Secrets } from '../../registry/ports/secrets.js'
import type { Store } from '../../registry/ports/store.js'
import type { Upstreams } from '../../registry/ports/upstream.js'
import type { Principal } from '../../registry/principal.js'
import type { Quotas } from '../../registry/quotas.js'
import type { Registry } from '../../registry/registry.js'
import type { RequestContext } from '../../registry/request-context.js'

/** What an operation may use: the call it answers and the parts all operations share. */
export interface Context extends Resources {
  /** The registry addressed: the signature's Region, and `registryId` or else the caller's account. */
  readonly registry: Registry
  readonly principal: Principal
  readonly request: RequestContext
  /** The policies and tags that decide about the call's own resources, where they were read in advance. */
  readonly policies: StoredPolicies | undefined
  /** When the request arrived, read once, so that everything an operation writes bears the same time. */
  readonly now: Date
  /** Runs work that waits for an upstream: meanwhile the call leaves its place under the concurrency limit to others. */
  readonly wait: Wait
}

/** The parts that operations share. */
export interface Resources {
  readonly store: Store
  readonly identities: Identities
  readonly decisions: DecisionLog
  readonly authorize: Authorize
  readonly blobs: BlobStore
  readonly pins: Pins
  readonly leases: Leases
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly importer: Importer
  readonly secrets: Secrets
  readonly upstreams: Upstreams
  readonly settings: Settings
  readonly quotas: Quotas
  /** The installation's secret, from which temporary credentials are derived. */
  readonly secret: string
}

/** The settings that operations read. */
export interface Settings {
  /** Host and port of a registry as clients write it, with `{account}` and `{region}` to be filled in. */
  readonly registryHost: string
  /** How clients reach the registry. */
  readonly registryScheme: 'http' | 'https'
  /** Upstream hosts named in the configuration: rules may name them though the service does not know them. */
  readonly upstreamHosts: readonly string[]
  /** Regions that have no pull through cache. */
  readonly unsupportedRegions: readonly string[]
  /** Whether policies may name only principals that are in the configuration. */
  readonly principalsAreChecked: boolean
  /** When a tag that was pulled through is due for a check. */
  readonly checks: PullThroughSettings
  /** Signs authorization tokens and layer URLs; the data plane has the same secret. */
  readonly secret: string
  readonly egress: 'all' | 'none'
}
