import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { LRUCache } from 'lru-cache'
import { storedPrincipal, type StoredPrincipalsDeps } from '../access/stored-principals.js'
import { type Grant, type GrantByReference, type GrantTerms, openToken } from '../access/token.js'
import type { Principal } from '../registry/principal.js'
import { splitOnce } from '../server/split-once.js'

/** User and password of a request, as sent by the client. */
export interface BasicCredentials {
  readonly user: string
  readonly password: string
}

/** The Basic credentials of a request (RFC 7617); undefined if there are none or they are malformed. */
export function credentialsIn({ authorization = '' }: IncomingHttpHeaders): BasicCredentials | undefined {
  const [, encoded] = BASIC.exec(authorization) ?? []
  if (encoded === undefined) return undefined
  const [user, password = ''] = splitOnce(Buffer.from(encoded, 'base64').toString(), ':')
  return { user, password }
}

const BASIC = /^basic +([a-z0-9+/_=-]+) *$/i

/** What a request's genuine token says. Whether it may be used is decided by `authenticate`. */
export interface Login extends GrantTerms {
  /** Undefined if the token refers to a principal that is not stored any more. */
  readonly principal: Principal | undefined
}

/** Reads the authorization tokens of requests. */
export interface TokenReader {
  /** The claims in a request's authorization token, if the token is genuine. */
  claimsIn(req: IncomingMessage): Grant | GrantByReference | undefined
  /** The claims with their principal, which takes one read if the token is the first one that refers to it. */
  loginOf(claims: Grant | GrantByReference | undefined): Promise<Login | undefined>
}

/**
 * Reads tokens signed with this secret. Clients send the same token with every request, so decoded tokens are cached,
 * and so are stored principals: what belongs to an id never changes.
 */
export function tokenReader(deps: StoredPrincipalsDeps): TokenReader {
  const decoded = new LRUCache<string, Grant | GrantByReference>({ max: 1000 })
  const principals = new LRUCache<string, Principal>({ max: 1000 })
  return {
    claimsIn({ headers }) {
      const { authorization = '' } = headers
      const cached = decoded.get(authorization)
      if (cached) return cached
      const credentials = credentialsIn(headers)
      const claims = credentials?.user === 'AWS' ? openToken(credentials.password, deps.secret) : undefined
      if (claims) decoded.set(authorization, claims)
      return claims
    },
    async loginOf(claims) {
      if (!claims || 'principal' in claims) return claims
      const { principalId, ...terms } = claims
      const principal = principals.get(principalId) ?? (await storedPrincipal(principalId, deps))
      if (principal) principals.set(principalId, principal)
      return { ...terms, principal }
    },
  }
}
