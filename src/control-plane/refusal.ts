import type { HttpResponse } from '@smithy/protocol-http'
import type { DecisionLog, RequestEnd } from '../access/explain/decision-log.js'
import { ServiceException } from '../registry/errors.js'
import type { Log } from '../registry/ports/log.js'
import type { AuthenticateDeps, ReceivedRequest } from './authenticate.js'
import type { CredentialsHint } from './credentials-hint.js'
import { dispatch } from './dispatch.js'
import type { CallFacts } from './handle.js'
import { isStorageFailure, isUnavailable, RETRY_AFTER_SECONDS } from './unavailable.js'

/** What refusing a call needs. */
export interface RefusalDeps extends Pick<AuthenticateDeps, 'identities' | 'clock'> {
  readonly log: Log
  readonly decisions: Pick<DecisionLog, 'ended'>
  readonly hintFor: CredentialsHint
}

/**
 * Refuses a call for what a step of its path has thrown. Anything but a refusal is a failure of the emulator or of its
 * storage: it is logged, and the client learns the service's code for it.
 */
export async function refuseCall(
  thrown: unknown,
  request: ReceivedRequest,
  facts: CallFacts,
  deps: RefusalDeps,
): Promise<HttpResponse> {
  const { service, protocol } = dispatch(request)
  const { requestId } = request
  const { internal, storage } = service.faultCodes
  const error = isStorageFailure(thrown) ? new ServiceException(storage, thrown.message) : thrown
  if (!(error instanceof ServiceException)) deps.log.error({ requestId, err: error }, 'failed unexpectedly')
  const refusal = error instanceof ServiceException ? error : new ServiceException(internal)
  deps.decisions.ended(requestId, await endOf(refusal, thrown, request, facts, deps))
  const answer = protocol.writeError(refusal, { request, service, operation: facts.description })
  if (isUnavailable(thrown)) answer.headers['retry-after'] = RETRY_AFTER_SECONDS
  return answer
}

async function endOf(
  { code, message }: ServiceException,
  thrown: unknown,
  request: ReceivedRequest,
  { description, now }: CallFacts,
  deps: RefusalDeps,
): Promise<RequestEnd> {
  const { clock } = deps
  const at = now ?? (isUnavailable(thrown) ? clock.wall() : await clock.now().catch(() => clock.wall()))
  return {
    at: at.getTime(),
    plane: 'control',
    operation: description,
    refusal: { code, message },
    ...deps.hintFor(request, { code, message }, deps),
    ...(description === 'BatchGetImage' && FAILED_PULL.has(code) && { isFailedPull: true }),
  }
}

/** The refusals of a pull through the API where neither repository nor rule exists, or the data plane is unavailable. */
const FAILED_PULL: ReadonlySet<string> = new Set(['RepositoryNotFoundException', 'ServerException'])
