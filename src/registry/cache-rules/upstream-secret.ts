import { secretNotFound } from '../errors.js'
import type { Secrets } from '../ports/secrets.js'
import type { UpstreamCredentials } from '../ports/upstream.js'
import type { Registry } from '../registry.js'

/**
 * The secret that a rule of a registry refers to; undefined if it does not exist or belongs to another account or
 * Region: the service-linked role can read only secrets of its own account.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-creating-secret.html
 */
export async function ruleSecret(
  credentialArn: string,
  { account, region }: Registry,
  secrets: Secrets,
): Promise<UpstreamCredentials | undefined> {
  const [, , , secretRegion, secretAccount] = credentialArn.split(':')
  return secretRegion === region && secretAccount === account ? secrets.get(credentialArn) : undefined
}

/** Requires that the secret of a rule exists. Its content is checked only when it is used. Throws SecretNotFound. */
export async function requireSecret(
  credentialArn: string | undefined,
  registry: Registry,
  secrets: Secrets,
): Promise<void> {
  if (credentialArn !== undefined && !(await ruleSecret(credentialArn, registry, secrets))) throw secretNotFound()
}
