import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../../registry/ports/clock.js'
import type { Log } from '../../registry/ports/log.js'
import { SecretFailure, type Secrets } from '../../registry/ports/secrets.js'
import type { UpstreamCredentials } from '../../registry/ports/upstream.js'
import { parseSecret } from './parse-secret.js'

/** The Secrets Manager to ask. */
export interface SecretsManagerDeps {
  /** The setting AWS_ENDPOINT_URL_SECRETS_MANAGER. */
  readonly endpoint: string
  readonly clock: Pick<Clock, 'wall'>
  readonly log: Log
  /** Bound on one request, retries included; five seconds unless given. */
  readonly timeoutMs?: number
}

const TIMEOUT_MS = 5000
const ATTEMPTS = 2

/** How long a secret is used before it is requested again. */
const FRESH_MS = 60_000

/** How many secrets are kept. */
const MAX_SECRETS = 1000

/**
 * Secrets from the API of Secrets Manager, with the credentials that the SDK finds on this machine in its usual way. A
 * secret is kept for a minute; that there is none, or that it cannot be read, is not kept.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
 */
export function secretsManager({ endpoint, clock, log, timeoutMs = TIMEOUT_MS }: SecretsManagerDeps): Secrets {
  const cache = new LRUCache<string, { readonly credentials: UpstreamCredentials; readonly until: number }>({
    max: MAX_SECRETS,
  })
  const pending = new Map<string, Promise<UpstreamCredentials | undefined>>()
  const clients = new LRUCache<string, Promise<SecretsManagerClient>>({ max: MAX_SECRETS })

  function clientIn(region: string): Promise<SecretsManagerClient> {
    const existing = clients.get(region)
    if (existing) return existing
    const opened = openClient(endpoint, region)
    clients.set(region, opened)
    return opened
  }

  async function request(arn: string): Promise<UpstreamCredentials | undefined> {
    try {
      const text = await requestText(arn, await clientIn(arn.split(':')[3] ?? ''), timeoutMs)
      const credentials = parseSecret(arn, text)
      cache.set(arn, { credentials, until: clock.wall().getTime() + FRESH_MS })
      return credentials
    } catch (error) {
      cache.delete(arn)
      if (isNotFound(error)) return undefined
      const failure = failureOf(arn, error)
      log.warn({ endpoint, arn, kind: failure.kind }, failure.message)
      throw failure
    } finally {
      pending.delete(arn)
    }
  }

  return {
    async get(arn, { isFresh = false } = {}) {
      const entry = isFresh ? undefined : cache.get(arn)
      if (entry && clock.wall().getTime() < entry.until) return entry.credentials
      const requested = pending.get(arn) ?? request(arn)
      pending.set(arn, requested)
      return requested
    },
  }
}

/** Loaded when it is needed: most installations have their secrets in the configuration, or none. */
async function openClient(endpoint: string, region: string): Promise<SecretsManagerClient> {
  const { SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager')
  return new SecretsManagerClient({ endpoint, region, maxAttempts: ATTEMPTS })
}

/** The text of a secret; undefined if its content is binary. Throws the errors of the SDK. */
async function requestText(arn: string, client: SecretsManagerClient, timeoutMs: number): Promise<string | undefined> {
  const { GetSecretValueCommand } = await import('@aws-sdk/client-secrets-manager')
  const command = new GetSecretValueCommand({ SecretId: arn })
  const { SecretString } = await client.send(command, { abortSignal: AbortSignal.timeout(timeoutMs) })
  return SecretString
}

const isNotFound = (error: unknown) => error instanceof Error && error.name === 'ResourceNotFoundException'

/** An error of the SDK by what it means for a rule. */
function failureOf(arn: string, error: unknown): SecretFailure {
  if (error instanceof SecretFailure) return error
  const { name, message, $metadata = {} } = error as Error & { $metadata?: { httpStatusCode?: number } }
  const said = message.replace(/\.$/, '')
  const reason = name === 'AbortError' || name === 'TimeoutError' ? 'no answer came in time' : `${name}: ${said}`
  const text = `The secret ${arn} could not be read: ${reason}.`
  if (name === 'DecryptionFailure' || message.includes('KMS')) return new SecretFailure('undecryptable', text)
  const status = $metadata.httpStatusCode ?? 0
  const isRefused = (status >= 400 && status < 500 && !name.includes('Throttl')) || name === 'CredentialsProviderError'
  return new SecretFailure(isRefused ? 'inaccessible' : 'unavailable', text)
}
