import type { HttpResponse } from '@smithy/protocol-http'
import { requestContextOf } from '../access/request-context.js'
import { ServiceException } from '../registry/errors.js'
import { claimedScope } from '../sigv4/claimed-scope.js'
import { authenticate, type ReceivedRequest } from './authenticate.js'
import type { ControlPlaneDeps } from './handle.js'
import { answerForm, readQueryCall, shortened, writeResult } from './protocols/aws-query.js'
import { apis, type QueryService } from './services/query-actions.js'

/**
 * The path every call of STS and IAM takes. As with ECR's calls, nothing is read of a body before it is known who sent it.
 * https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html
 * https://docs.aws.amazon.com/IAM/latest/APIReference/welcome.html
 */
export async function handleQuery(request: ReceivedRequest, deps: ControlPlaneDeps): Promise<HttpResponse> {
  const { requestId } = request
  const service = serviceOf(request)
  const [api, form] = [apis[service], answerForm(request)]
  const now = (deps.facts.now = await deps.clock.now())
  refuseUnsigned(request, service)
  const caller = authenticate(request, service, now, deps)
  deps.place.chargeTo(caller.principal)
  const { action, version, members } = readQueryCall(request)
  const run = version === api.version && Object.hasOwn(api.actions, action) ? api.actions[action] : undefined
  if (!run)
    throw isOfService(service, action) && version === api.version
      ? notBuilt(service, action)
      : invalidAction(action, version)
  deps.facts.description = action
  const context = { ...deps, ...caller, now, request: requestContextOf({ ...request, requestId, now }) }
  const result = await run(members, context)
  return writeResult(form, api, action, result, requestId)
}

/** Which service a call is for, by its credential; one for neither is refused by STS, as every call was that does not say. */
export const serviceOf = ({
  method,
  path,
  headers,
}: Pick<ReceivedRequest, 'method' | 'path' | 'headers'>): QueryService =>
  claimedScope({ method, path, headers, body: NO_BODY })?.service === 'iam' ? 'iam' : 'sts'

const NO_BODY = Buffer.alloc(0)

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
