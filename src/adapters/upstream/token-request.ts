import { STATUS_CODES } from 'node:http'
import { UpstreamFailure, type UpstreamCredentials } from '../../registry/ports/upstream.js'
import { header, isTransient, readAtMost, type Answer } from './upstream-responses.js'
import type { Challenge } from './challenges.js'
import type { Connections } from './upstream-connections.js'
import { sendOnce } from './redirects.js'
import type { UpstreamLimits } from './upstream-limits.js'
import { connectionFailure, type Patience, retryAfterMs, retrying, Transient, within } from './retries.js'
import { mayHaveCredentials, realmRefusal, type Trusted } from './host-trust.js'

/** What a token service gave. */
export interface GrantedToken {
  token: string
  expiresInSeconds: number
}

/** The registry a token is wanted for, and how its token service is reached. */
export interface TokenSource extends Patience {
  host: string
  endpoint: URL
  credentials?: UpstreamCredentials
  connections: Connections
  trusted: Trusted
  limits: UpstreamLimits
}

const answerBytes = 64 * 1024
const defaultLifeSeconds = 60

/**
 * Asks the realm of a Bearer challenge for a token. The scope is ours, not the challenge's: ghcr.io's names a placeholder.
 * Redirects are not followed: a realm that was found acceptable must not hand us on to one that is not.
 * https://distribution.github.io/distribution/spec/auth/token/
 */
export async function requestToken(
  source: TokenSource,
  challenge: Challenge,
  scope: string | undefined,
): Promise<GrantedToken> {
  const { host, endpoint, credentials, connections, limits } = source
  const url = tokenUrl(source, challenge, scope)
  const headers: Record<string, string> = { accept: 'application/json', 'user-agent': 'ecr-local' }
  if (credentials && (await mayHaveCredentials(url, endpoint))) headers.authorization = basic(credentials)
  const subject = `a token from ${url.host}`
  return within(limits.resolveMs, source, (deadline) =>
    retrying(
      async () => {
        try {
          const answer = await sendOnce(connections, {
            method: 'GET',
            url,
            headers,
            signal: deadline.signal,
            lane: 'requests',
          })
          return await readToken(source, url, answer)
        } catch (error) {
          throw connectionFailure(host, subject, error, limits)
        }
      },
      deadline,
      limits,
      source,
    ),
  )
}

/** Credentials as RFC 7617 writes them. */
export const basic = ({ username, accessToken }: UpstreamCredentials) =>
  `Basic ${Buffer.from(`${username}:${accessToken}`).toString('base64')}`

function tokenUrl({ host, trusted }: TokenSource, { parameters }: Challenge, scope: string | undefined): URL {
  const { realm = '', service } = parameters
  const refusal = URL.canParse(realm) ? realmRefusal(new URL(realm), trusted) : 'is no address'
  if (refusal) {
    throw new UpstreamFailure(
      'unavailable',
      `The upstream registry ${host} wants a token from ${realm.slice(0, 200)}, which ${refusal}.`,
    )
  }
  const url = new URL(realm)
  url.hash = ''
  url.searchParams.delete('scope')
  if (service !== undefined) url.searchParams.set('service', service)
  if (scope !== undefined) url.searchParams.set('scope', scope)
  return url
}

async function readToken({ host, limits, clock }: TokenSource, url: URL, answer: Answer): Promise<GrantedToken> {
  const { status } = answer
  const failed = (kind: UpstreamFailure['kind'], what: string) =>
    new UpstreamFailure(kind, `The token service ${url.host} of the upstream registry ${host} ${what}.`)
  if (status === 200) {
    const body = await readAtMost(answer.body, answerBytes)
    return parseToken(body) ?? Promise.reject(failed('unavailable', 'gave an answer without a token'))
  }
  const answered = `answered ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd()
  if (isTransient(status)) {
    const kind = status === 429 ? 'too-many-requests' : 'unavailable'
    throw new Transient(failed(kind, answered), limits.tries, retryAfterMs(header(answer, 'retry-after'), clock.wall()))
  }
  throw failed(status === 401 || status === 403 ? 'access-denied' : 'unavailable', answered)
}

function parseToken(body: Buffer | undefined): GrantedToken | undefined {
  try {
    const parsed: unknown = JSON.parse(body?.toString() ?? '')
    if (typeof parsed !== 'object' || parsed === null) return undefined
    const { token, access_token, expires_in } = parsed as Record<string, unknown>
    const value = [token, access_token].find(
      (candidate) => typeof candidate === 'string' && /^[\x21-\x7e]+$/.test(candidate),
    )
    const seconds = typeof expires_in === 'number' && expires_in > 0 ? expires_in : defaultLifeSeconds
    return typeof value === 'string' ? { token: value, expiresInSeconds: seconds } : undefined
  } catch {
    return undefined
  }
}
