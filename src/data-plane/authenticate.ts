import type { IncomingMessage } from 'node:http'
import { LRUCache } from 'lru-cache'
import { type Grant, readToken } from '../access/token.js'
import { OciError } from './errors.js'

/**
 * Who calls, by the authorization token: `AWS:<token>` in Basic credentials.
 * Throws 401 with the challenge Docker answers with credentials, 403 DENIED for a token whose 12 hours are over.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html
 */
export function authenticate({ headers }: IncomingMessage, secret: string, now: Date): Grant {
  const name = `${secret} ${headers.authorization ?? ''}`
  const known = genuine.get(name)
  if (known && known.expiresAt > now.getTime()) return known
  const [, credentials] = BASIC.exec(headers.authorization ?? '') ?? []
  const [user, token = ''] = splitOnce(Buffer.from(credentials ?? '', 'base64').toString(), ':')
  const grant = user === 'AWS' ? readToken(token, secret, now) : undefined
  if (grant === 'expired') throw expired()
  if (!grant) throw notAuthorized(headers.host ?? '')
  genuine.set(name, grant)
  return grant
}

/** Clients send the same credentials with every request; by the secret too, so that no other one's token passes. */
const genuine = new LRUCache<string, Grant>({ max: 1000 })

const BASIC = /^basic +([a-z0-9+/_=-]+) *$/i

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

const expired = () => new OciError(403, 'DENIED', 'Your authorization token has expired. Reauthenticate and try again.')

/** Code and realm are ECR's; the server writes this one as plain text, as ECR does. */
const notAuthorized = (host: string) =>
  new OciError(401, 'UNAUTHORIZED', 'Not Authorized', {
    'www-authenticate': `Basic realm="https://${host}/",service="ecr.amazonaws.com"`,
  })
