import type * as ecr from '@aws-sdk/client-ecr'
import type { Action, Conditions } from '../../../access/authorize.js'
import type { DecisionLog } from '../../../access/explain/decision-log.js'
import type { Identities } from '../../../access/identities.js'
import type { KeyedMutex } from '../../../coordination/keyed-mutex.js'
import type { RecordPullTime } from '../../../registry/images/record-pull.js'
import type { Pins } from '../../../registry/ports/pins.js'
import type { Wait } from '../../../registry/ports/importer.js'
import type { BlobStore } from '../../../registry/ports/blob-store.js'
import type { Clock } from '../../../registry/ports/clock.js'
import type { Ids } from '../../../registry/ports/ids.js'
import type { Importer } from '../../../registry/ports/importer.js'
import type { Leases } from '../../../registry/ports/lease.js'
import type { Log } from '../../../registry/ports/log.js'
import type { Secrets } from '../../../registry/ports/secrets.js'
import type { Store } from '../../../registry/ports/store.js'
import type { Upstreams } from '../../../registry/ports/upstream.js'
import type { Principal } from '../../../registry/principal.js'
import type { PullThroughSettings } from '../../../registry/cache-rules/cache-rule.js'
import type { Quotas } from '../../../registry/quotas.js'
import type { Registry } from '../../../registry/registry.js'
import type { RequestContext } from '../../../registry/request-context.js'

/** Every operation the AWS SDK knows, read off its command classes, and ours: no list to keep by hand. */
export type OperationName = SdkOperationName | keyof OurOperations

type SdkOperationName = Exclude<
  { [K in keyof typeof ecr]: K extends `${infer N}Command` ? N : never }[keyof typeof ecr],
  '$'
>

/** Operations the service has only as a permission, modelled in smithy-models/ecr-local.json. */
export interface OurOperations {
  BatchImportUpstreamImage: {
    input: Pick<ecr.BatchGetImageRequest, 'registryId' | 'repositoryName' | 'imageIds'>
    output: ecr.BatchGetImageResponse
  }
}

type CommandOf<N extends SdkOperationName> = (typeof ecr)[`${N}Command`] extends abstract new (
  ...args: never[]
) => infer C
  ? C
  : never
type ResultOf<C> = C extends {
  resolveMiddleware: (...args: never[]) => (...args: never[]) => Promise<{ output: infer O }>
}
  ? O
  : never

/** An operation's input once validated: members the model requires are present. */
export type Input<N extends OperationName> = N extends keyof OurOperations
  ? Validated<OurOperations[N]['input']>
  : N extends SdkOperationName
    ? CommandOf<N> extends { input: infer I }
      ? Validated<I>
      : never
    : never

/** What an operation answers; the protocol puts it on the wire. */
export type Output<N extends OperationName> = N extends keyof OurOperations
  ? OurOperations[N]['output']
  : N extends SdkOperationName
    ? Omit<ResultOf<CommandOf<N>>, '$metadata'>
    : never

/** The SDK types a required member as `T | undefined`; after validation it is `T`. Bytes come as base64 text. */
type Validated<T> = T extends Uint8Array
  ? string
  : T extends object
    ? { [K in keyof T]: Validated<Exclude<T[K], undefined>> }
    : T

/** What an operation may use. */
export interface Context extends Resources {
  /** The registry addressed: the signature's Region, and `registryId` or else the caller's account. */
  readonly registry: Registry
  readonly principal: Principal
  readonly request: RequestContext
  /** When the request arrived, read once, so everything an operation writes bears one time. */
  readonly now: Date
  /** What waits for an upstream waits in this. */
  readonly wait: Wait
}

/** The parts every operation shares. */
export interface Resources {
  readonly store: Store
  readonly identities: Identities
  readonly decisions: DecisionLog
  readonly blobs: BlobStore
  readonly pins: Pins
  readonly leases: Leases
  /** By upload id. */
  readonly uploadMutex: KeyedMutex
  readonly recordPullTime: RecordPullTime
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly importer: Importer
  readonly secrets: Secrets
  readonly upstreams: Upstreams
  readonly settings: Settings
  readonly quotas: Quotas
}

/** The settings operations look at. */
export interface Settings {
  /** Host and port of a registry as clients write it, with `{account}` and `{region}` to be filled in. */
  readonly registryHost: string
  /** How clients reach the registry. */
  readonly registryScheme: 'http' | 'https'
  /** Upstream hosts named in the configuration: accepted in rules though the service does not know them. */
  readonly upstreamHosts: readonly string[]
  /** Regions that have no pull through cache. */
  readonly unsupportedRegions: readonly string[]
  /** Whether policies may name only principals that the configuration knows. */
  readonly principalsAreChecked: boolean
  /** When a tag that was pulled through is due for a check. */
  readonly checks: PullThroughSettings
  /** Signs authorization tokens and layer URLs; the data plane holds the same. */
  readonly secret: string
  readonly egress: 'all' | 'none'
}

/** A permission a call needs beside the one for its own action. */
export interface Permission {
  readonly action: Action
  readonly resource: string
  /** Condition keys policies may look at here: `iam:PassedToService`. */
  readonly conditions?: Conditions
}

/** One operation of the API. */
export interface Operation<N extends OperationName> {
  /**
   * What the caller needs permission on: ARNs for the operation's own action, and what else it takes. Runs before
   * validation, so must accept any input.
   */
  resources(input: Input<N>, registry: Registry): (string | Permission)[]
  run(input: Input<N>, context: Context): Promise<Output<N>>
}
