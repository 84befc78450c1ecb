import type { Authorize } from '../../access/authorize.js'
import type { DecisionLog } from '../../access/explain/decision-log.js'
import type { Identities } from '../../access/identities.js'
import type { StoredPolicies } from '../../access/stored-policies.js'
import type { KeyedMutex } from '../../coordination/keyed-mutex.js'
import type { PullThroughSettings } from '../../registry/cache-rules/cache-rule.js'
import type { ImageSettings } from '../../registry/images/image-settings.js'
import type { CheckCreationRole } from '../../registry/creation-templates/creation-role.js'
import type { RecordPullTime } from '../../registry/images/record-pull.js'
import type { Blobs, Uploads, WithNotes } from '../../registry/ports/blob-store.js'
import type { Clock } from '../../registry/ports/clock.js'
import type { IdentityProviderKeys } from '../../registry/ports/identity-provider-keys.js'
import type { Ids } from '../../registry/ports/ids.js'
import type { Importer, Wait } from '../../registry/ports/importer.js'
import type { Leases } from '../../registry/ports/lease.js'
import type { Log } from '../../registry/ports/log.js'
import type { Pins } from '../../registry/ports/pins.js'
import type { Secrets } from '../../registry/ports/secrets.js'
import type { Store } from '../../registry/ports/store.js'
import type { RuleUpstreams } from '../../registry/ports/upstream.js'
import type { Principal } from '../../registry/principal.js'
import type { Quotas } from '../../registry/quotas.js'
import type { RegistryAddress, RegistryAddressOf } from '../../registry/registry-address.js'
import type { Registry } from '../../registry/registry.js'
import type { RequestContext } from '../../registry/request-context.js'

/** What an operation may use: the call that it answers, and the parts that all operations share. */
export interface Context extends Resources {
  /** The addressed registry: the Region of the signature, and `registryId` or otherwise the caller's account. */
  readonly registry: Registry
  readonly principal: Principal
  readonly request: RequestContext
  /** How the caller reaches the registry: by the name that it has called, unless a setting names another. */
  readonly registryAddress: RegistryAddress
  /** The policies and tags that decide about the call's own resources, if they were prefetched. */
  readonly policies: StoredPolicies | undefined
  /** When the request arrived. Read only once, so that everything an operation writes has the same time. */
  readonly now: Date
  /** Runs work that waits for an upstream. Meanwhile the call gives up its permit under the concurrency limit. */
  readonly wait: Wait
}

/** The parts that operations share. */
export interface Resources {
  readonly store: Store
  readonly identities: Identities
  readonly decisions: DecisionLog
  readonly authorize: Authorize
  readonly checkCreationRole: CheckCreationRole
  readonly blobs: Blobs & Uploads & WithNotes
  readonly pins: Pins
  readonly leases: Leases
  /** Orders the requests of this process that change one upload, by upload id. */
  readonly uploadMutex: KeyedMutex
  readonly recordPullTime: RecordPullTime
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly importer: Importer
  readonly secrets: Secrets
  readonly identityProviderKeys: IdentityProviderKeys
  readonly ruleUpstreams: RuleUpstreams
  readonly settings: Settings
  readonly quotas: Quotas
  readonly images: ImageSettings
  /** The installation's secret, from which temporary credentials are derived. */
  readonly secret: string
}

/** The settings that operations read. */
export interface Settings {
  readonly registryAddress: RegistryAddressOf
  /** Upstream hosts in the configuration, which rules may name although the service does not support them. */
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
