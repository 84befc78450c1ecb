import type { Accounts } from './access/credentials.js'
import type { PullThroughSettings } from './registry/pull-through.js'

/** Every setting, after flags, environment, configuration file and defaults have been put together. */
export interface Config {
  /** Address both planes listen on. */
  readonly host: string
  /** Control plane's port; 0 picks a free one. */
  readonly port: number
  /** Data plane's port; 0 picks a free one. */
  readonly registryPort: number
  /** State and blobs. */
  readonly dataDir: string
  readonly store: 'embedded' | 'memory'
  readonly log: 'silent' | 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace'
  /** Host of repository URIs, with `{account}`, `{region}` and `{port}` to be filled in. */
  readonly registryHost: string
  /** Undefined: the default account with access key `test`. */
  readonly accounts: Accounts | undefined
  /** Where an upstream host really is; without an entry it is `https://<host>`. */
  readonly upstreams: Readonly<Record<string, { readonly endpoint: string }>>
  readonly network: { readonly egress: 'all' | 'none' }
  readonly quotas: { readonly pullThroughCacheRules: number }
  readonly pullThroughCache: PullThroughSettings
}
