import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { type Grant, isCurrent } from '../access/token.js'
import { type BasicCredentials, credentialsIn, type Login } from './basic-credentials.js'
import type { DataPlaneDeps } from './call.js'
import { OciError } from './oci-errors.js'
import { regionOf } from './registry-of-host.js'
import { uncheckedCaller } from './unchecked-callers.js'

/**
 * Authenticates the caller by the authorization token: `AWS:<token>` in Basic credentials. A token is valid in the
 * Region it was issued for (a host that names no Region, such as `localhost:4566`, accepts tokens of any), and only
 * while its user or role exists. Throws 401 with the challenge that makes Docker send credentials, and 403 DENIED for
 * an expired token (after 12 hours) and for web pages.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html
 */
export function authenticate(
  req: IncomingMessage,
  login: Login | undefined,
  now: Date,
  deps: Pick<DataPlaneDeps, 'identities' | 'clock' | 'auth' | 'anonymousPull'>,
): Grant {
  const { headers } = req
  if (isPageToRefuse(headers)) throw pagesMayNot()
  if (login && !isCurrent(login, now, deps.clock.wall())) throw tokenExpired()
  const grant = login && hasPrincipal(login) ? login : undefined
  const fault = grant ? faultOf(grant, headers.host, deps) : login && PRINCIPAL_IS_GONE
  if (grant && fault === undefined) return grant
  const credentials = credentialsIn(headers)
  const unchecked = uncheckedCaller(req, credentials, now, deps)
  if (unchecked) return unchecked
  throw notAuthorized(headers.host ?? '', fault ?? (credentials && faultOfCredentials(credentials)))
}

const hasPrincipal = (login: Login): login is Login & Grant => login.principal !== undefined

/** With a store that was lost or replaced, the principals of long tokens are lost, too. */
const PRINCIPAL_IS_GONE = 'The password refers to a session that this installation no longer stores: log in again'

/** Why a genuine token is not accepted; undefined for one that is. */
function faultOf(
  { principal, registry, isForPublic }: Grant,
  host: string | undefined,
  { identities }: Pick<DataPlaneDeps, 'identities'>,
) {
  if (isForPublic) return `The password is one for ECR Public, and ${principal.arn} lacks ecr:GetAuthorizationToken`
  const region = regionOf(host) ?? registry.region
  if (region !== registry.region) return `The password is a token for ${registry.region}, and the host is in ${region}`
  return identities.policiesOf(principal) ? undefined : `${principal.arn} is no longer in the configuration`
}

const faultOfCredentials = ({ user }: BasicCredentials) =>
  user === 'AWS'
    ? 'The password is not a token of this installation: get one with aws ecr get-login-password --endpoint-url, from its control plane'
    : `The user name must be AWS, not ${user.slice(0, MAX_USER_SHOWN) || 'empty'}`

/** The most characters of a user name that a message shows. */
const MAX_USER_SHOWN = 64

/**
 * Whether a page of another site makes the request, or any page makes a request that writes. A page cannot know a
 * token, but browsers send the one that their user once entered. Reading is allowed from the address bar and from a
 * user interface that a proxy serves under the registry's own name; neither sends an Origin.
 * https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
 */
const isPageToRefuse = ({ origin, 'sec-fetch-site': site }: IncomingHttpHeaders) =>
  origin !== undefined || site === 'cross-site' || site === 'same-site'

const pagesMayNot = () =>
  new OciError(403, 'DENIED', 'Web pages may not write to the registry, nor those of other sites read it')

const tokenExpired = () =>
  new OciError(403, 'DENIED', 'Your authorization token has expired. Reauthenticate and try again.')

/** Code and realm are ECR's. It is written as plain text, as ECR does. */
export const notAuthorized = (host: string, hint?: string) =>
  new OciError(
    401,
    'UNAUTHORIZED',
    'Not Authorized',
    { 'www-authenticate': `Basic realm="https://${host}/",service="ecr.amazonaws.com"` },
    hint,
  )
