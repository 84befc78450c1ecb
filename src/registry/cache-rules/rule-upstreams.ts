import { SecretFailure, type Secrets } from '../ports/secrets.js'
import {
  type RuleUpstreams,
  type Upstream,
  type UpstreamCredentials,
  UpstreamFailure,
  type Upstreams,
} from '../ports/upstream.js'
import type { RegistryReader } from '../ports/upstream-access.js'
import type { Registry } from '../registry.js'
import { type EcrHost, ecrHost } from './ecr-host.js'
import { ruleSecret } from './upstream-secret.js'

/** What reads from private registries of ECR. */
export interface EcrUpstreams {
  /** The registry of this installation that a host names; undefined if the host is elsewhere. */
  inProcess(host: string, named: EcrHost, reader: RegistryReader): Upstream | undefined
  /**
   * The login to a registry elsewhere: user `AWS` and an authorization token; undefined if the configuration has the
   * host among all others, at an address that is not the service's. Throws UpstreamFailure.
   */
  credentials(host: string, named: EcrHost, reader: RegistryReader): Promise<UpstreamCredentials | undefined>
}

/** The dependencies of finding the upstream of a rule. */
export interface RuleUpstreamsDeps {
  readonly upstreams: Upstreams
  readonly secrets: Secrets
  readonly ecr: EcrUpstreams
}

/**
 * The upstream of each rule. A secret or an authorization token is requested only when the upstream is, so that a
 * cached image does not depend on them, and each time, so that a change takes effect.
 */
export function ruleUpstreams({ upstreams, secrets, ecr }: RuleUpstreamsDeps): RuleUpstreams {
  return {
    of(rule, registry) {
      const { upstreamRegistryUrl: host, credentialArn } = rule
      const at = (credentials?: UpstreamCredentials) => upstreams.of(host, registry.account, credentials)
      if (credentialArn !== undefined)
        return openedWhenUsed(async () => at(await credentialsIn(credentialArn, registry, secrets)))
      const named = ecrHost(host)
      if (!named) return at()
      const reader = { registry, rule }
      return (
        ecr.inProcess(host, named, reader) ?? openedWhenUsed(async () => at(await ecr.credentials(host, named, reader)))
      )
    },
  }
}

/** Throws UpstreamFailure: a secret that is missing or cannot be used fails as if the upstream refused it. */
async function credentialsIn(arn: string, registry: Registry, secrets: Secrets): Promise<UpstreamCredentials> {
  try {
    const credentials = await ruleSecret(arn, registry, secrets)
    if (credentials) return credentials
    throw new UpstreamFailure('access-denied', `There is no secret ${arn}, which the rule names`)
  } catch (error) {
    if (!(error instanceof SecretFailure)) throw error
    throw new UpstreamFailure(error.kind === 'unavailable' ? 'unavailable' : 'access-denied', error.message)
  }
}

/** An upstream that is opened by each method. */
function openedWhenUsed(open: () => Promise<Upstream>): Upstream {
  return {
    resolve: async (...args) => (await open()).resolve(...args),
    manifest: async (...args) => (await open()).manifest(...args),
    blob: async (...args) => (await open()).blob(...args),
    hasBlob: async (...args) => (await open()).hasBlob(...args),
    referrers: async (...args) => (await open()).referrers(...args),
    ping: async () => (await open()).ping(),
  }
}
