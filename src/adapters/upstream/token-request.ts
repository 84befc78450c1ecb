import { STATUS_CODES } from 'node:http'
import { UpstreamFailure, type UpstreamCredentials } from '../../registry/ports/upstream.js'
import type { Challenge } from './challenges.js'
import { withDeadline } from './deadline.js'
import { mayHaveCredentials, realmRefusal } from './host-trust.js'
import { compose } from './interceptor.js'
import { type UpstreamTarget, USER_AGENT } from './registry-client.js'
import { retries } from './retries.js'
import { readAtMost, type UpstreamResponse } from './upstream-responses.js'

/** A token as the token service issued it. */
export interface IssuedToken {
  readonly token: string
  readonly expiresInSeconds: number
}

const MAX_RESPONSE_BYTES = 64 * 1024
const DEFAULT_LIFETIME_SECONDS = 60

/**
 * Requests a token from the realm of a Bearer challenge. The scope is ours, not the challenge's: that of ghcr.io names
 * a placeholder. Of the interceptors of `registry-client.ts` only retries apply. Redirects are not followed: an
 * acceptable realm must not send us on to one that is not.
 * https://distribution.github.io/distribution/spec/auth/token/
 */
export async function requestToken(
  target: UpstreamTarget,
  challenge: Challenge,
  scope: string | undefined,
): Promise<IssuedToken> {
  const { endpoint, credentials, connections, limits, clock } = target
  const url = tokenUrl(target, challenge, scope)
  const authorization =
    credentials && (await mayHaveCredentials(url, endpoint)) ? basicAuthorization(credentials) : undefined
  const headers = { accept: 'application/json', 'user-agent': USER_AGENT, ...(authorization && { authorization }) }
  const failure = (_: unknown, response: UpstreamResponse) => statusFailure(target, url, response)
  const send = compose(connections.send, [retries({ ...target, failure })])
  return withDeadline(limits.resolveMs, clock, (deadline) => {
    const request = { method: 'GET', url, headers, subject: `a token from ${url.host}`, pool: 'requests' } as const
    return send({ ...request, deadline }, (response) => readToken(target, url, response))
  })
}

/** Credentials as an Authorization header. https://www.rfc-editor.org/rfc/rfc7617 */
export const basicAuthorization = ({ username, accessToken }: UpstreamCredentials) =>
  `Basic ${Buffer.from(`${username}:${accessToken}`).toString('base64')}`

function tokenUrl({ host, trust }: UpstreamTarget, { parameters }: Challenge, scope: string | undefined): URL {
  const { realm = '', service } = parameters
  const refusal = URL.canParse(realm) ? realmRefusal(new URL(realm), trust) : 'is not a valid URL'
  if (refusal) {
    throw new UpstreamFailure(
      'unavailable',
      `The upstream registry ${host} requires a token from ${realm.slice(0, 200)}, which ${refusal}.`,
    )
  }
  const url = new URL(realm)
  url.hash = ''
  url.searchParams.delete('scope')
  if (service !== undefined) url.searchParams.set('service', service)
  if (scope !== undefined) url.searchParams.set('scope', scope)
  return url
}

async function readToken(target: UpstreamTarget, url: URL, response: UpstreamResponse): Promise<IssuedToken> {
  if (response.status !== 200) throw statusFailure(target, url, response)
  const token = parseToken(await readAtMost(response.body, MAX_RESPONSE_BYTES))
  if (!token) throw tokenFailure(target, url, 'unavailable', 'sent a response without a token')
  return token
}

function statusFailure(target: UpstreamTarget, url: URL, { status }: UpstreamResponse): UpstreamFailure {
  const isDenied = status === 401 || status === 403
  const kind = status === 429 ? 'too-many-requests' : isDenied ? 'access-denied' : 'unavailable'
  return tokenFailure(target, url, kind, `answered ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd())
}

const tokenFailure = ({ host }: UpstreamTarget, url: URL, kind: UpstreamFailure['kind'], problem: string) =>
  new UpstreamFailure(kind, `The token service ${url.host} of the upstream registry ${host} ${problem}.`)

function parseToken(body: Buffer | undefined): IssuedToken | undefined {
  try {
    const parsed: unknown = JSON.parse(body?.toString() ?? '')
    if (typeof parsed !== 'object' || parsed === null) return undefined
    const { token, access_token, expires_in } = parsed as Record<string, unknown>
    const value = [token, access_token].find(
      (candidate) => typeof candidate === 'string' && /^[\x21-\x7e]+$/.test(candidate),
    )
    const seconds = typeof expires_in === 'number' && expires_in > 0 ? expires_in : DEFAULT_LIFETIME_SECONDS
    return typeof value === 'string' ? { token: value, expiresInSeconds: seconds } : undefined
  } catch {
    return undefined
  }
}
