import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { LRUCache } from 'lru-cache'
import { type Grant, isCurrent, openToken } from '../access/token.js'
import type { DataPlaneDeps } from './call.js'
import { OciError } from './errors.js'
import { regionOf } from './resolve.js'
import { splitOnce } from './split-once.js'

/**
 * Who calls, by the authorization token: `AWS:<token>` in Basic credentials. A token is good in the Region it was asked
 * for, and only while its user or role is there.
 * Throws 401 with the challenge Docker answers with credentials, 403 DENIED for a token whose 12 hours are over and for
 * web pages.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html
 */
export function authenticate(
  { headers }: IncomingMessage,
  grant: Grant | undefined,
  now: Date,
  { identities, clock }: Pick<DataPlaneDeps, 'identities' | 'clock'>,
): Grant {
  if (isPageToRefuse(headers)) throw pagesMayNot()
  if (grant && !isCurrent(grant, now, clock.wall())) throw expired()
  if (!grant || !isFor(grant, headers.host) || !identities.policiesOf(grant.principal)) {
    throw notAuthorized(headers.host ?? '')
  }
  return grant
}

/** Clients send the same credentials with every request; by the secret too, so that no other one's token passes. */
const genuine = new LRUCache<string, Grant>({ max: 1000 })

/** What the authorization token of a request says, if it is genuine; whether it may be used is up to `authenticate`. */
export function grantIn({ headers }: IncomingMessage, secret: string): Grant | undefined {
  const { authorization = '' } = headers
  const name = `${secret} ${authorization}`
  const known = genuine.get(name)
  if (known) return known
  const [, credentials] = BASIC.exec(authorization) ?? []
  const [user, token = ''] = splitOnce(Buffer.from(credentials ?? '', 'base64').toString(), ':')
  const grant = user === 'AWS' ? openToken(token, secret) : undefined
  if (grant) genuine.set(name, grant)
  return grant
}

/** A host that names no Region, `localhost:4510` say, is in every one. */
const isFor = ({ registry }: Grant, host: string | undefined) => (regionOf(host) ?? registry.region) === registry.region

/**
 * Whether a page of another site asks, or one that writes: no page can know a token, but browsers add the one their user once
 * typed in. What may read is the address bar and a user interface that a proxy serves under the registry's own name, neither
 * of which sends an Origin. https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
 */
const isPageToRefuse = ({ origin, 'sec-fetch-site': site }: IncomingHttpHeaders) =>
  origin !== undefined || site === 'cross-site' || site === 'same-site'

const pagesMayNot = () =>
  new OciError(403, 'DENIED', 'Web pages may not write to the registry, nor those of other sites read it')

const BASIC = /^basic +([a-z0-9+/_=-]+) *$/i

const expired = () => new OciError(403, 'DENIED', 'Your authorization token has expired. Reauthenticate and try again.')

/** Code and realm are ECR's; the server writes this one as plain text, as ECR does. */
const notAuthorized = (host: string) =>
  new OciError(401, 'UNAUTHORIZED', 'Not Authorized', {
    'www-authenticate': `Basic realm="https://${host}/",service="ecr.amazonaws.com"`,
  })
