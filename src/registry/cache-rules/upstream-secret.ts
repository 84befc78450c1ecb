import type { Secrets } from '../ports/secrets.js'
import type { UpstreamCredentials } from '../ports/upstream.js'
import type { Registry } from '../registry.js'

/**
 * The secret a registry's rule names; undefined where there is none, and for one of another account or Region: the
 * service-linked role reads its own account's only.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-creating-secret.html
 */
export async function secretOf(
  credentialArn: string,
  { account, region }: Registry,
  secrets: Secrets,
): Promise<UpstreamCredentials | undefined> {
  const [, , , ofRegion, ofAccount] = credentialArn.split(':')
  return ofRegion === region && ofAccount === account ? secrets.get(credentialArn) : undefined
}
