import { LRUCache } from 'lru-cache'
import { UpstreamFailure } from '../../registry/ports/upstream.js'
import type { Authenticator } from './authentication.js'
import { type Challenge, parseChallenges } from './challenges.js'
import type { UpstreamTarget } from './registry-client.js'
import { basicAuthorization, requestToken } from './token-request.js'

interface CachedToken {
  readonly authorization: Promise<string>
  /** The outcome of `authorization`; undefined while the token is being requested. */
  issued?: string
  /** In milliseconds since the epoch. */
  freshUntil: number
}

const MAX_TOKENS = 1000

/** The key of the token that is for no repository. */
const REGISTRY_ITSELF = ''

/** Remembers which login the registry demands, and one token per scope, requested once for all who wait for it. */
export function upstreamLogin(target: UpstreamTarget): Authenticator {
  const tokens = tokenCache(target)
  let challenge: Challenge | undefined

  const answer = async (current: Challenge, scope: string | undefined): Promise<string> => {
    if (current.scheme === 'bearer') return tokens.get(current, scope)
    if (target.credentials) return basicAuthorization(target.credentials)
    throw new UpstreamFailure('access-denied', `The upstream registry ${target.host} requires authentication.`)
  }

  return {
    authorization: async (scope) => {
      const current = challenge
      if (!current) return undefined
      try {
        return await answer(current, scope)
      } catch (error) {
        // Other repositories may need no login, or by now another one: the next request finds out.
        if (challenge === current) challenge = undefined
        throw error
      }
    },
    handleRefusal: (scope, authorization, fields) => {
      const offers = parseChallenges(fields)
      challenge =
        offers.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.realm !== undefined) ??
        offers.find(({ scheme }) => scheme === 'basic') ??
        challenge
      if (authorization !== undefined) tokens.delete(scope, authorization)
    },
  }
}

/** The tokens of one login by scope. */
function tokenCache(target: UpstreamTarget) {
  const tokens = new LRUCache<string, CachedToken>({ max: MAX_TOKENS })
  const now = () => target.clock.wall().getTime()

  const request = async (challenge: Challenge, scope: string | undefined, entry: () => CachedToken) => {
    const { token, expiresInSeconds } = await requestToken(target, challenge, scope)
    const issued = `Bearer ${token}`
    Object.assign(entry(), { issued, freshUntil: now() + freshMs(expiresInSeconds) })
    return issued
  }

  return {
    get: (challenge: Challenge, scope: string | undefined): Promise<string> => {
      const key = scope ?? REGISTRY_ITSELF
      const cached = tokens.get(key)
      if (cached && now() < cached.freshUntil) return cached.authorization
      const entry: CachedToken = { authorization: request(challenge, scope, () => entry), freshUntil: Infinity }
      tokens.set(key, entry)
      entry.authorization.catch(() => tokens.peek(key) === entry && tokens.delete(key))
      return entry.authorization
    },
    delete: (scope: string | undefined, authorization: string): void => {
      const key = scope ?? REGISTRY_ITSELF
      if (tokens.peek(key)?.issued === authorization) tokens.delete(key)
    },
  }
}

/**
 * How long a token is used: until a tenth of its lifetime, and at least five seconds, before it expires. A token that
 * lives for less than ten seconds is used for half its lifetime.
 */
const freshMs = (seconds: number) => 1000 * Math.max(seconds / 2, seconds - Math.max(5, seconds / 10))
