import { secretNotFound, unsupportedUpstreamRegistry, upstreamRequiresAuthentication } from '../errors.js'
import type { Secrets } from '../ports/secrets.js'
import { secretOf } from './upstream-secret.js'
import type { Registry } from '../registry.js'
import { knownUpstream, type PullThroughCacheRule } from './cache-rule.js'

/** The upstream a caller asks a rule to have. */
export interface AskedUpstream {
  readonly upstreamRegistryUrl: string
  readonly upstreamRegistry?: string | undefined
  readonly credentialArn?: string | undefined
}

/**
 * The upstream of a new rule, with its kind read off the host name: one the service knows, or one the configuration
 * names. A scheme or a path is part of no host name and so refused. Throws UnsupportedUpstreamRegistry, SecretNotFound.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-creating-rule.html
 */
export async function acceptUpstream(
  { upstreamRegistryUrl, upstreamRegistry, credentialArn }: AskedUpstream,
  upstreamHosts: readonly string[],
  registry: Registry,
  secrets: Secrets,
): Promise<Pick<PullThroughCacheRule, 'upstreamRegistryUrl' | 'upstreamRegistry' | 'credentialArn'>> {
  const known = knownUpstream(upstreamRegistryUrl)
  if (!known && !upstreamHosts.includes(upstreamRegistryUrl)) throw unsupportedUpstreamRegistry(upstreamRegistryUrl)
  if (upstreamRegistry !== undefined && upstreamRegistry !== known?.upstreamRegistry) {
    throw unsupportedUpstreamRegistry(upstreamRegistryUrl)
  }
  if (known?.needsSecret && credentialArn === undefined) throw upstreamRequiresAuthentication()
  await requireSecret(credentialArn, registry, secrets)
  return {
    upstreamRegistryUrl,
    ...(known && { upstreamRegistry: known.upstreamRegistry }),
    ...(credentialArn !== undefined && { credentialArn }),
  }
}

/** A rule may name only a secret that exists; what is in it shows when it is used. Throws SecretNotFound. */
export async function requireSecret(
  credentialArn: string | undefined,
  registry: Registry,
  secrets: Secrets,
): Promise<void> {
  if (credentialArn !== undefined && !(await secretOf(credentialArn, registry, secrets))) throw secretNotFound()
}
