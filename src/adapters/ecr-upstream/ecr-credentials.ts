import type { ECRClientConfig } from '@aws-sdk/client-ecr'
import { LRUCache } from 'lru-cache'
import { apiEndpoint, type EcrHost } from '../../registry/cache-rules/ecr-host.js'
import type { ConfiguredUpstream } from '../../registry/cache-rules/configured-upstream.js'
import type { Clock } from '../../registry/ports/clock.js'
import { type UpstreamCredentials, UpstreamFailure } from '../../registry/ports/upstream.js'
import type { RegistryReader } from '../../registry/ports/upstream-access.js'

/** The login to private registries of ECR that are elsewhere. */
export interface EcrCredentials {
  /** User `AWS` and an authorization token. Throws UpstreamFailure. */
  get(host: string, named: EcrHost, reader: RegistryReader): Promise<UpstreamCredentials>
}

/** The dependencies of logging in. */
export interface EcrCredentialsDeps {
  /** The setting `upstreams`: where the APIs of a registry are, unless they are AWS's. */
  readonly upstreams: Readonly<Record<string, Pick<ConfiguredUpstream, 'api'>>>
  readonly clock: Pick<Clock, 'wall'>
  /** Bound on AssumeRole and GetAuthorizationToken together; ten seconds unless given. */
  readonly timeoutMs?: number
}

/** The credentials of a role, as STS issues them. */
type Identity = Exclude<ECRClientConfig['credentials'], undefined>

interface Token {
  readonly credentials: UpstreamCredentials
  /** When another one is requested, in milliseconds since the epoch. */
  readonly renewAt: number
}

const TIMEOUT_MS = 10_000
const ATTEMPTS = 2

/** The longest time a token is used; the service's are valid for twelve hours. */
const LONGEST_USE_MS = 6 * 60 * 60 * 1000

/** How many tokens are kept: one for each upstream registry and role. */
const MAX_TOKENS = 100

/**
 * Authorization tokens of ECR, requested with the credentials that the SDK finds on this machine in its usual way
 * (environment, profiles, roles of the machine), or with those of the rule's `customRoleArn`, which these may assume. A
 * token is used for half its life, and requested once for all who wait for it.
 */
export function ecrCredentials(deps: EcrCredentialsDeps): EcrCredentials {
  const tokens = new LRUCache<string, Token>({ max: MAX_TOKENS })
  const pending = new Map<string, Promise<Token>>()
  const now = () => deps.clock.wall().getTime()

  async function request(key: string, host: string, named: EcrHost, roleArn: string | undefined): Promise<Token> {
    try {
      const token = await requestToken(host, named, roleArn, deps)
      tokens.set(key, token)
      return token
    } catch (error) {
      throw failureOf(host, error)
    } finally {
      pending.delete(key)
    }
  }

  return {
    async get(host, named, { registry, rule: { customRoleArn } }) {
      const key = JSON.stringify([host, customRoleArn ?? registry.account])
      const token = tokens.get(key)
      if (token && now() < token.renewAt) return token.credentials
      const requested = pending.get(key) ?? request(key, host, named, customRoleArn)
      pending.set(key, requested)
      return (await requested).credentials
    },
  }
}

async function requestToken(
  host: string,
  named: EcrHost,
  roleArn: string | undefined,
  { upstreams, clock, timeoutMs = TIMEOUT_MS }: EcrCredentialsDeps,
): Promise<Token> {
  const api = Object.hasOwn(upstreams, host) ? upstreams[host]?.api : undefined
  const abortSignal = AbortSignal.timeout(timeoutMs)
  const identity = roleArn === undefined ? undefined : await assumeRole(roleArn, named, api, abortSignal)
  const { ECRClient, GetAuthorizationTokenCommand } = await import('@aws-sdk/client-ecr')
  const endpoint = api ?? apiEndpoint('ecr', named)
  const client = new ECRClient({ ...clientSettings(endpoint, named), ...(identity && { credentials: identity }) })
  try {
    const command = new GetAuthorizationTokenCommand({ registryIds: [named.account] })
    const { authorizationData = [] } = await client.send(command, { abortSignal })
    const { authorizationToken = '', expiresAt } = authorizationData[0] ?? {}
    const [username = '', accessToken = ''] = splitOnce(Buffer.from(authorizationToken, 'base64').toString())
    if (!accessToken) throw new UpstreamFailure('unavailable', `The API for ${host} sent no authorization token.`)
    const now = clock.wall().getTime()
    const life = Math.max(0, (expiresAt?.getTime() ?? now) - now)
    return { credentials: { username, accessToken }, renewAt: now + Math.min(life / 2, LONGEST_USE_MS) }
  } finally {
    client.destroy()
  }
}

async function assumeRole(
  RoleArn: string,
  named: EcrHost,
  api: string | undefined,
  abortSignal: AbortSignal,
): Promise<Identity> {
  const { STSClient, AssumeRoleCommand } = await import('@aws-sdk/client-sts')
  const client = new STSClient(clientSettings(api ?? apiEndpoint('sts', named), named))
  try {
    const command = new AssumeRoleCommand({ RoleArn, RoleSessionName: 'ecr-pullthroughcache' })
    const { Credentials: issued } = await client.send(command, { abortSignal })
    const { AccessKeyId = '', SecretAccessKey = '', SessionToken } = issued ?? {}
    return {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      ...(SessionToken !== undefined && { sessionToken: SessionToken }),
    }
  } finally {
    client.destroy()
  }
}

/** The endpoint is stated: AWS_ENDPOINT_URL of this process may well be the address of this emulator. */
const clientSettings = (endpoint: string, { region }: EcrHost) => ({ endpoint, region, maxAttempts: ATTEMPTS })

function splitOnce(text: string): string[] {
  const colon = text.indexOf(':')
  return colon === -1 ? [] : [text.slice(0, colon), text.slice(colon + 1)]
}

/** An error of the SDK by what it means for a pull. */
function failureOf(host: string, error: unknown): UpstreamFailure {
  if (error instanceof UpstreamFailure) return error
  const { name, message, $metadata = {} } = error as Error & { $metadata?: { httpStatusCode?: number } }
  const status = $metadata.httpStatusCode ?? 0
  const said = message.replace(/\.$/, '')
  const reason = name === 'AbortError' || name === 'TimeoutError' ? 'no answer came in time' : `${name}: ${said}`
  const text = `No authorization token for the upstream registry ${host}: ${reason}.`
  if (/Throttl|TooManyRequests/.test(name)) return new UpstreamFailure('too-many-requests', text)
  const isRefused = (status >= 400 && status < 500) || name === 'CredentialsProviderError'
  return new UpstreamFailure(isRefused ? 'access-denied' : 'unavailable', text)
}
