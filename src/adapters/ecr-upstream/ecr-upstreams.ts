import { type ConfiguredUpstream, configuredUpstream } from '../../registry/cache-rules/configured-upstream.js'
import type { EcrUpstreams } from '../../registry/cache-rules/rule-upstreams.js'
import { ecrCredentials, type EcrCredentialsDeps } from './ecr-credentials.js'
import { inProcessUpstream, type InProcessDeps } from './in-process-upstream.js'

/** The dependencies of reading from private registries of ECR. */
export interface EcrUpstreamsDeps extends InProcessDeps, Omit<EcrCredentialsDeps, 'clock' | 'upstreams'> {
  readonly clock: InProcessDeps['clock'] & EcrCredentialsDeps['clock']
  readonly upstreams: Readonly<Record<string, ConfiguredUpstream>>
  /** The accounts of this installation. */
  readonly accounts: readonly string[]
}

/**
 * Private registries of ECR as upstreams. A registry belongs to this installation if its account does, in every Region,
 * unless `upstreams` gives its host an address; and if `upstreams` says that its host is `local`.
 */
export function ecrUpstreams({ upstreams, accounts, ...deps }: EcrUpstreamsDeps): EcrUpstreams {
  const logins = ecrCredentials({ ...deps, upstreams })
  return {
    inProcess(host, { account, region }, reader) {
      const configured = Object.hasOwn(upstreams, host) ? upstreams[host] : undefined
      const isLocal = configured ? configured.local === true : accounts.includes(account)
      return isLocal ? inProcessUpstream({ account, region }, reader, deps) : undefined
    },
    async credentials(host, ...args) {
      const { endpoint, api } = configuredUpstream(upstreams, host) ?? {}
      const isBehindOther = endpoint !== undefined && api === undefined && !Object.hasOwn(upstreams, host)
      return isBehindOther ? undefined : logins.get(host, ...args)
    },
  }
}
