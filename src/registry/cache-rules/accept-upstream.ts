import { unsupportedUpstreamRegistry, upstreamRequiresAuthentication } from '../errors.js'
import type { Secrets } from '../ports/secrets.js'
import { requireSecret } from './upstream-secret.js'
import type { Registry } from '../registry.js'
import type { PullThroughCacheRule } from './cache-rule.js'
import { upstreamService } from './upstream-services.js'

/** The upstream of a rule as CreatePullThroughCacheRule takes it. */
interface UpstreamInput {
  readonly upstreamRegistryUrl: string
  readonly upstreamRegistry?: string | undefined
  readonly credentialArn?: string | undefined
}

/**
 * Validates the upstream of a new rule, and derives its `upstreamRegistry` from the host name. The host must be one
 * that the service supports or one of the configuration's; a URL with a scheme or a path is not a host name and is
 * refused. Throws UnsupportedUpstreamRegistry, SecretNotFound.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-creating-rule.html
 */
export async function acceptUpstream(
  { upstreamRegistryUrl, upstreamRegistry, credentialArn }: UpstreamInput,
  upstreamHosts: readonly string[],
  registry: Registry,
  secrets: Secrets,
): Promise<Pick<PullThroughCacheRule, 'upstreamRegistryUrl' | 'upstreamRegistry' | 'credentialArn'>> {
  const service = upstreamService(upstreamRegistryUrl)
  if (!service && !upstreamHosts.includes(upstreamRegistryUrl)) throw unsupportedUpstreamRegistry(upstreamRegistryUrl)
  if (upstreamRegistry !== undefined && upstreamRegistry !== service?.upstreamRegistry) {
    throw unsupportedUpstreamRegistry(upstreamRegistryUrl)
  }
  if (service?.needsSecret && credentialArn === undefined) throw upstreamRequiresAuthentication()
  await requireSecret(credentialArn, registry, secrets)
  return {
    upstreamRegistryUrl,
    ...(service && { upstreamRegistry: service.upstreamRegistry }),
    ...(credentialArn !== undefined && { credentialArn }),
  }
}
