import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { LRUCache } from 'lru-cache'
import { type Grant, isCurrent, openToken } from '../access/token.js'
import type { DataPlaneDeps } from './call.js'
import { OciError } from './oci-errors.js'
import { regionOf } from './resolve.js'
import { splitOnce } from './split-once.js'
import { type BasicCredentials, uncheckedCaller } from './unchecked-callers.js'

/**
 * Who calls, by the authorization token: `AWS:<token>` in Basic credentials. A token is good in the Region it was asked
 * for (a host that names none, `localhost:4510` say, is in every one), and only while its user or role is there.
 * Throws 401 with the challenge Docker answers with credentials, 403 DENIED for a token whose 12 hours are over and for
 * web pages.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html
 */
export function authenticate(
  req: IncomingMessage,
  grant: Grant | undefined,
  now: Date,
  deps: Pick<DataPlaneDeps, 'identities' | 'clock' | 'auth' | 'anonymousPull'>,
): Grant {
  const { headers } = req
  if (isPageToRefuse(headers)) throw pagesMayNot()
  if (grant && !isCurrent(grant, now, deps.clock.wall())) throw expired()
  const why = grant ? faultOf(grant, headers.host, deps) : undefined
  if (grant && why === undefined) return grant
  const credentials = credentialsIn(headers)
  const unchecked = uncheckedCaller(req, credentials, now, deps)
  if (unchecked) return unchecked
  throw notAuthorized(headers.host ?? '', why ?? (credentials && faultOfCredentials(credentials)))
}

/** Why a genuine token is not taken; undefined for one that is. */
function faultOf(
  { principal, registry }: Grant,
  host: string | undefined,
  { identities }: Pick<DataPlaneDeps, 'identities'>,
) {
  const region = regionOf(host) ?? registry.region
  if (region !== registry.region) return `The password is a token for ${registry.region}, and the host is in ${region}`
  return identities.policiesOf(principal) ? undefined : `${principal.arn} is not in the configuration any more`
}

const faultOfCredentials = ({ user }: BasicCredentials) =>
  user === 'AWS'
    ? 'The password is no token of this installation: get one with aws ecr get-login-password --endpoint-url, from its control plane'
    : `The user name must be AWS, not ${user.slice(0, LONGEST_USER)}`

const LONGEST_USER = 64

/** Clients send the same credentials with every request; by the secret too, so that no other one's token passes. */
const genuine = new LRUCache<string, Grant>({ max: 1000 })

/** What the authorization token of a request says, if it is genuine; whether it may be used is up to `authenticate`. */
export function grantIn({ headers }: IncomingMessage, secret: string): Grant | undefined {
  const { authorization = '' } = headers
  const name = `${secret} ${authorization}`
  const known = genuine.get(name)
  if (known) return known
  const credentials = credentialsIn(headers)
  const grant = credentials?.user === 'AWS' ? openToken(credentials.password, secret) : undefined
  if (grant) genuine.set(name, grant)
  return grant
}

function credentialsIn({ authorization = '' }: IncomingHttpHeaders): BasicCredentials | undefined {
  const [, encoded] = BASIC.exec(authorization) ?? []
  if (encoded === undefined) return undefined
  const [user, password = ''] = splitOnce(Buffer.from(encoded, 'base64').toString(), ':')
  return { user, password }
}

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
export const notAuthorized = (host: string, hint?: string) =>
  new OciError(
    ...([401, 'UNAUTHORIZED', 'Not Authorized'] as const),
    { 'www-authenticate': `Basic realm="https://${host}/",service="ecr.amazonaws.com"` },
    hint,
  )
