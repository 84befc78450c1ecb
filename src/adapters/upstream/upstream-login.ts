import { UpstreamFailure } from '../../registry/ports/upstream.js'
import { type Challenge, parseChallenges } from './challenges.js'
import { basic, requestToken, type TokenSource } from './token-request.js'

/** What one set of credentials (or none) knows about logging in to one registry. */
export interface Login {
  /** The Authorization to send now; undefined as long as the registry has not asked for any. */
  authorization(scope: string | undefined): Promise<string | undefined>
  /** Takes note that the registry refused `sent`: the next `authorization` is another one. */
  refused(scope: string | undefined, sent: string | undefined, challenges: string | string[] | undefined): void
}

interface Issued {
  value: Promise<string>
  /** Known once the token is there. */
  authorization?: string
  freshUntil: number
}

const scopesRemembered = 1000

/** Remembers what the registry asks for and one token per scope, requested once however many wait for it. */
export function login(source: TokenSource): Login {
  const tokens = scopedTokens(source)
  let challenge: Challenge | undefined

  const answering = async (asked: Challenge, scope: string | undefined): Promise<string> => {
    if (asked.scheme === 'bearer') return tokens.get(asked, scope)
    if (source.credentials) return basic(source.credentials)
    throw new UpstreamFailure('access-denied', `The upstream registry ${source.host} requires authentication.`)
  }

  return {
    authorization: async (scope) => {
      const asked = challenge
      if (!asked) return undefined
      try {
        return await answering(asked, scope)
      } catch (error) {
        // The registry may want no login for other repositories, or by now another one: the next request asks it.
        if (challenge === asked) challenge = undefined
        throw error
      }
    },
    refused: (scope, sent, fields) => {
      const offered = parseChallenges(fields)
      challenge =
        offered.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.realm !== undefined) ??
        offered.find(({ scheme }) => scheme === 'basic') ??
        challenge
      if (sent !== undefined) tokens.forget(scope, sent)
    },
  }
}

/** The tokens of one login, by scope. */
function scopedTokens(source: TokenSource) {
  const tokens = new Map<string, Issued>()

  const issue = async (asked: Challenge, scope: string | undefined, issued: () => Issued) => {
    const { token, expiresInSeconds } = await requestToken(source, asked, scope)
    const authorization = `Bearer ${token}`
    Object.assign(issued(), { authorization, freshUntil: source.clock.wall().getTime() + freshMs(expiresInSeconds) })
    return authorization
  }

  return {
    get: (asked: Challenge, scope: string | undefined): Promise<string> => {
      const key = scope ?? ''
      const known = tokens.get(key)
      if (known && source.clock.wall().getTime() < known.freshUntil) return known.value
      const issued: Issued = { value: issue(asked, scope, () => issued), freshUntil: Infinity }
      tokens.delete(key)
      tokens.set(key, issued)
      issued.value.catch(() => tokens.get(key) === issued && tokens.delete(key))
      for (const oldest of tokens.keys()) if (tokens.size > scopesRemembered) tokens.delete(oldest)
      return issued.value
    },
    forget: (scope: string | undefined, sent: string): void => {
      if (tokens.get(scope ?? '')?.authorization === sent) tokens.delete(scope ?? '')
    },
  }
}

/** A token is renewed a tenth of its life, and at least 5 s, before it ends; one that lives shorter, at half its life. */
const freshMs = (seconds: number) => 1000 * Math.max(seconds / 2, seconds - Math.max(5, seconds / 10))
