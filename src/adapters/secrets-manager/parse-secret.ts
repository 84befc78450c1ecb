import { SecretFailure } from '../../registry/ports/secrets.js'
import type { UpstreamCredentials } from '../../registry/ports/upstream.js'

/**
 * The credentials in a secret: JSON with `username` and `accessToken`, other members are ignored. Throws SecretFailure
 * with the kind `malformed`.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-creating-secret.html
 */
export function parseSecret(arn: string, text: string | undefined): UpstreamCredentials {
  const { username, accessToken } = membersOf(text)
  if (typeof username === 'string' && username && typeof accessToken === 'string' && accessToken)
    return { username, accessToken }
  throw new SecretFailure('malformed', `The secret ${arn} is not JSON with the keys username and accessToken.`)
}

function membersOf(text: string | undefined): Record<string, unknown> {
  try {
    return (JSON.parse(text ?? '') ?? {}) as Record<string, unknown>
  } catch {
    return {}
  }
}
