import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { LRUCache } from 'lru-cache'
import { type Grant, openToken } from '../access/token.js'
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

/**
 * The grant in a request's authorization token, if the token is genuine; `authenticate` decides whether it may be used.
 */
export type GrantReader = (req: IncomingMessage) => Grant | undefined

/**
 * Reads tokens signed with this secret. Clients send the same token with every request, so decoded tokens are cached.
 */
export function grantReader(secret: string): GrantReader {
  const grants = new LRUCache<string, Grant>({ max: 1000 })
  return ({ headers }) => {
    const { authorization = '' } = headers
    const cached = grants.get(authorization)
    if (cached) return cached
    const credentials = credentialsIn(headers)
    const grant = credentials?.user === 'AWS' ? openToken(credentials.password, secret) : undefined
    if (grant) grants.set(authorization, grant)
    return grant
  }
}
