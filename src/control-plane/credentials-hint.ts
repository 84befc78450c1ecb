import { LRUCache } from 'lru-cache'
import type { RequestEnd } from '../access/explain/decision-log.js'
import { isSessionKey } from '../access/session-credentials.js'
import type { ServiceException } from '../registry/errors.js'
import type { Log } from '../registry/ports/log.js'
import { claimedScope } from '../sigv4/claimed-scope.js'
import { refusals } from '../sigv4/refusals.js'
import type { AuthenticateDeps } from './authenticate.js'
import type { ReceivedRequest } from './received-request.js'

type Refusal = Pick<ServiceException, 'code' | 'message'>

/** Logs for the operator why credentials were refused, and returns the text for the decision log. */
export type CredentialsHint = (
  request: ReceivedRequest,
  refusal: Refusal,
  deps: Pick<AuthenticateDeps, 'identities'> & { readonly log: Log },
) => Pick<RequestEnd, 'hint'>

/** Creates the hints. Each is logged at most once an hour, however often clients send wrong credentials. */
export function credentialsHints(): CredentialsHint {
  const logged = new LRUCache<string, true>({ max: 100, ttl: 60 * 60 * 1000 })
  return (request, refusal, deps) => {
    const hint = hintFor(request, refusal, deps)
    if (hint === undefined) return {}
    if (!logged.has(hint)) deps.log.warn({ requestId: request.requestId }, hint)
    logged.set(hint, true)
    return { hint }
  }
}

/** Undefined for a refusal that is not about credentials. The client gets only AWS's message. */
function hintFor(
  request: ReceivedRequest,
  { code, message }: Refusal,
  { identities }: Pick<AuthenticateDeps, 'identities'>,
): string | undefined {
  const isUnknown = code === UNKNOWN.code
  if (!isUnknown && message !== refusals.wrongSignature().message) return undefined
  const { accessKeyId } = claimedScope(request) ?? {}
  if (accessKeyId === undefined) return undefined
  const longTerm = identities.credentialsOf(accessKeyId)
  if (longTerm) return isUnknown ? withToken(accessKeyId) : wrongSecret(accessKeyId, longTerm.principal.arn)
  if (isSessionKey(accessKeyId)) return ofSession(accessKeyId)
  return `No user has access key id ${shownId(accessKeyId)}; ${listIds(identities.accessKeyIds)}`
}

const UNKNOWN = refusals.unknownAccessKey()

const wrongSecret = (id: string, holder: string) =>
  `The call is signed with a secret access key other than that of ${id}, which belongs to ${holder}, or was changed in transit`

const withToken = (id: string) =>
  `Access key id ${id} is not temporary, but was sent with a session token: unset AWS_SESSION_TOKEN`

const ofSession = (id: string) =>
  `The temporary credentials of access key id ${id} are not from this installation, or were sent without their session token`

/** Text that does not look like an access key id may be a secret, and is not logged. */
const shownId = (id: string) => (/^[\w-]{1,32}$/.test(id) ? id : `of ${id.length} characters`)

const SHOWN = 5

function listIds(ids: readonly string[]): string {
  const more = ids.length - SHOWN
  return `there ${ids.length === 1 ? 'is' : 'are'} ${ids.slice(0, SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
