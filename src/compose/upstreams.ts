import { defaultAccount, describesAccessKeys } from '../access/credentials.js'
import { upstreamAccess, type UpstreamAccessDeps } from '../access/upstream-permission.js'
import { ecrUpstreams } from '../adapters/ecr-upstream/ecr-upstreams.js'
import { randomFraction } from '../adapters/system/random-ids.js'
import { httpUpstreams } from '../adapters/upstream/http-upstreams.js'
import type { Config } from '../config/config.js'
import { ruleUpstreams } from '../registry/cache-rules/rule-upstreams.js'
import type { Blobs } from '../registry/ports/blob-store.js'
import type { Clock } from '../registry/ports/clock.js'
import type { Metrics } from '../registry/ports/metrics.js'
import type { Secrets } from '../registry/ports/secrets.js'
import type { Store } from '../registry/ports/store.js'
import type { Traces } from '../registry/ports/traces.js'
import type { RuleUpstreams } from '../registry/ports/upstream.js'
import { observedUpstreams } from './observed-upstreams.js'

/** The parts that reading from upstreams needs. */
interface UpstreamParts extends Omit<UpstreamAccessDeps, 'clock'> {
  readonly store: Store
  readonly blobs: Blobs
  readonly clock: Clock
  readonly secrets: Secrets
  readonly metrics: Metrics
  readonly traces: Traces
}

/** The upstreams of all rules, and what closes their connections. */
export function openUpstreams(
  config: Config,
  parts: UpstreamParts,
): { readonly ruleUpstreams: RuleUpstreams; closeUpstreams(): Promise<void> } {
  const { store, blobs, clock, secrets, metrics, traces } = parts
  const { upstreams } = config
  const overHttp = httpUpstreams({ endpoints: upstreams, clock, random: randomFraction })
  const access = upstreamAccess(parts)
  const ecr = ecrUpstreams({ store, blobs, clock, access, upstreams, accounts: accountsOf(config) })
  return {
    ruleUpstreams: ruleUpstreams({ upstreams: observedUpstreams(overHttp, metrics, traces), secrets, ecr }),
    closeUpstreams: () => overHttp.close(),
  }
}

/** The accounts of the configuration, and the default one where it has no access key. */
const accountsOf = ({ accounts }: Config): string[] => [
  ...Object.keys(accounts ?? {}),
  ...(describesAccessKeys(accounts) ? [] : [defaultAccount.account]),
]
