import { secretNotFound } from '../errors.js'
import { SecretFailure, type Secrets } from '../ports/secrets.js'
import type { UpstreamCredentials } from '../ports/upstream.js'
import type { Registry } from '../registry.js'
import { secretException } from './cache-errors.js'

/**
 * The secret that a rule of a registry refers to; undefined if it does not exist or belongs to another account or
 * Region: the service-linked role can read only secrets of its own account. Throws SecretFailure.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-creating-secret.html
 */
export async function ruleSecret(
  credentialArn: string,
  { account, region }: Registry,
  secrets: Secrets,
  options?: Parameters<Secrets['get']>[1],
): Promise<UpstreamCredentials | undefined> {
  const [, , , secretRegion, secretAccount] = credentialArn.split(':')
  return secretRegion === region && secretAccount === account ? secrets.get(credentialArn, options) : undefined
}

/**
 * Requires that the secret of a rule can be read. Its content is checked only when it is used. Throws SecretNotFound,
 * UnableToAccessSecret and UnableToDecryptSecretValue.
 */
export async function requireSecret(
  credentialArn: string | undefined,
  registry: Registry,
  secrets: Secrets,
): Promise<void> {
  if (credentialArn === undefined) return
  try {
    if (!(await ruleSecret(credentialArn, registry, secrets, { isFresh: true }))) throw secretNotFound()
  } catch (error) {
    if (!(error instanceof SecretFailure)) throw error
    const refusal = secretException(error)
    if (refusal) throw refusal
  }
}
