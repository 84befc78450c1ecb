import type { HttpResponse } from '@smithy/protocol-http'
import { requestContextOf } from '../access/request-context.js'
import { ServiceException } from '../registry/errors.js'
import { claimedScope } from '../sigv4/claimed-scope.js'
import { authenticate, type ReceivedRequest } from './authenticate.js'
import type { ControlPlaneDeps } from './handle.js'
import { answerForm, readQueryCall, shortened, writeRefusal, writeResult } from './protocols/aws-query.js'
import { apis, type QueryService } from './services/query-actions.js'
import { isAway, isOfStorage, RETRY_AFTER_SECONDS } from './unavailable.js'

/**
 * The path every call of STS and IAM takes. As with ECR's calls, nothing is read of a body before it is known who sent it.
 * https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html
 * https://docs.aws.amazon.com/IAM/latest/APIReference/welcome.html
 */
export async function handleQuery(request: ReceivedRequest, deps: ControlPlaneDeps): Promise<HttpResponse> {
  const { requestId } = request
  const service = serviceOf(request)
  const [api, form] = [apis[service], answerForm(request)]
  const end = { at: deps.clock.wall().getTime(), plane: 'control' as const, operation: service as string }
  try {
    const now = await deps.clock.now()
    end.at = now.getTime()
    refuseUnsigned(request, service)
    const caller = authenticate(request, service, now, deps)
    deps.place.chargeTo(caller.principal)
    const { action, version, members } = readQueryCall(request)
    const run = version === api.version && Object.hasOwn(api.actions, action) ? api.actions[action] : undefined
    if (!run)
      throw isOfService(service, action) && version === api.version
        ? notBuilt(service, action)
        : invalidAction(action, version)
    end.operation = action
    const context = { ...deps, ...caller, now, request: requestContextOf({ ...request, requestId, now }) }
    const result = await run(members, context)
    deps.decisions.ended(requestId, end)
    return writeResult(form, api, action, result, requestId)
  } catch (thrown) {
    const error = isOfStorage(thrown) ? new ServiceException('ServiceUnavailable', thrown.message) : thrown
    const refusal = error instanceof ServiceException ? error : new ServiceException('InternalFailure')
    if (refusal !== error) deps.log.error({ requestId, err: error }, 'failed unexpectedly')
    const told = deps.tellHint(request, refusal, deps)
    deps.decisions.ended(requestId, { ...end, refusal: { code: refusal.code, message: refusal.message }, ...told })
    const answer = writeRefusal(form, api, error, requestId)
    if (isAway(thrown)) answer.headers['retry-after'] = RETRY_AFTER_SECONDS
    return answer
  }
}

/** Which service a call is for, by its credential; one for neither is refused by STS, as every call was that does not say. */
export const serviceOf = (request: ReceivedRequest): QueryService =>
  claimedScope({ ...request, body: request.body as Buffer })?.service === 'iam' ? 'iam' : 'sts'

/** These take no signature: to ask for one would say that credentials were forgotten. Throws InvalidAction. */
function refuseUnsigned(request: ReceivedRequest, service: QueryService): void {
  if (service !== 'sts' || claimedScope({ ...request, body: request.body as Buffer })) return
  const { action } = readQueryCall(request)
  if (UNSIGNED.has(action)) throw notBuilt(service, action)
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html */
const UNSIGNED: ReadonlySet<string> = new Set(['AssumeRoleWithWebIdentity', 'AssumeRoleWithSAML'])

/** What STS has beside that, and how IAM's operations are named. */
const OF_SERVICE: Readonly<Record<QueryService, RegExp>> = {
  sts: /^(AssumeRoleWithWebIdentity|AssumeRoleWithSAML|AssumeRoot|DecodeAuthorizationMessage|GetAccessKeyInfo|GetDelegatedAccessToken|GetFederationToken|GetWebIdentityToken)$/,
  iam: /^(Add|Attach|Change|Create|Deactivate|Delete|Detach|Disable|Enable|Generate|Get|List|Put|Remove|Reset|Resync|Set|Simulate|Tag|Untag|Update|Upload)[A-Z][A-Za-z]{2,60}$/,
}

const isOfService = (service: QueryService, action: string) => OF_SERVICE[service].test(action)

const notBuilt = (service: QueryService, action: string) =>
  new ServiceException(
    'InvalidAction',
    `ecr-local does not have ${action} yet. Of ${service.toUpperCase()} it has ${Object.keys(apis[service].actions).join(', ')}.`,
  )

function invalidAction(action: string, version: string) {
  const operation = ['operation', shortened(action)].filter(Boolean).join(' ')
  return new ServiceException('InvalidAction', `Could not find ${operation} for version ${shortened(version)}`)
}
