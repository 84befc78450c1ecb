import type { HttpResponse } from '@smithy/protocol-http'
import type { Authorize, Conditions } from '../access/authorize.js'
import type { DecisionLog } from '../access/decision-log.js'
import { requestContextOf } from '../access/request-context.js'
import { serverException, ServiceException } from '../registry/errors.js'
import { NoSpace } from '../registry/ports/blob-store.js'
import type { Log } from '../registry/ports/log.js'
import { inputOf } from '../smithy/model.js'
import { validate } from '../smithy/validate.js'
import { withoutNulls } from '../smithy/without-nulls.js'
import { authenticate, type AuthenticateDeps, type Caller, type ReceivedRequest } from './authenticate.js'
import { operations } from './operations/index.js'
import type { Context, Input, Operation, OperationName, Resources } from './operations/operation.js'
import { operationName, readInput, writeError, writeOutput } from './protocol/aws-json.js'
import { refusalOf } from './protocol/constraints.js'

/** Everything a call may need. */
export interface ControlPlaneDeps extends Resources, AuthenticateDeps {
  readonly authorize: Authorize
  readonly decisions: DecisionLog
}

/**
 * The path every ECR call takes. Each step returns what the next one needs, or throws the refusal. Of a body nothing but
 * its bytes is looked at before it is known who sent it: reading JSON can cost more than the rest of a call.
 */
export async function handle(request: ReceivedRequest, deps: ControlPlaneDeps): Promise<HttpResponse> {
  const requestId = deps.ids.uuid()
  const end = { at: deps.clock.wall().getTime(), plane: 'control', operation: '' } as const
  let name = ''
  try {
    name = operationName(request)
    const operation = find(name)
    const now = await deps.clock.now()
    const caller = authenticate(request, 'ecr', now, deps)
    const body = readInput(request)
    const registry = registryOf(body, caller)
    const call = { registry, principal: caller.principal, request: requestContextOf({ ...request, requestId, now }), now }
    await authorize(name, operation, body, call, deps)
    const input = accept(name, body)
    const output = await operation.run(input, { ...deps, ...call })
    deps.log.debug({ requestId, operation: name, ...registry }, 'answered')
    deps.decisions.ended(requestId, { ...end, operation: name })
    return writeOutput(output, requestId)
  } catch (thrown) {
    const error = thrown instanceof NoSpace ? serverException(thrown.message) : thrown
    reportUnexpected(error, requestId, deps.log)
    if (error instanceof ServiceException) deps.decisions.ended(requestId, { ...end, operation: name, refusal: error })
    return writeError(error, requestId)
  }
}

type Call = Pick<Context, 'registry' | 'principal' | 'request' | 'now'>

/** The operation's own action on each of its resources, then whatever else it takes. */
async function authorize(
  name: string,
  operation: Operation<OperationName>,
  body: Record<string, unknown>,
  { registry, principal, request }: Call,
  deps: ControlPlaneDeps,
): Promise<void> {
  const conditions = requestTags(body)
  for (const needed of operation.resources(body as Input<OperationName>, registry)) {
    const permission = typeof needed === 'string' ? { action: `ecr:${name}` as const, resource: needed } : needed
    const { action, resource } = permission
    await deps.authorize({
      ...{ principal, action, resources: [resource], registry, request },
      conditions: { ...conditions, ...('conditions' in permission && permission.conditions) },
    })
  }
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/access_tags.html */
function requestTags({ tags, tagKeys }: Record<string, unknown>): Conditions {
  const given = (Array.isArray(tags) ? tags : []).filter(isTag)
  const keys = Array.isArray(tagKeys) ? tagKeys.filter((key) => typeof key === 'string') : given.map(({ Key }) => Key)
  return {
    ...Object.fromEntries(given.map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value])),
    ...(keys.length > 0 && { 'aws:TagKeys': keys }),
  }
}

const isTag = (tag: unknown): tag is { Key: string; Value: string } =>
  typeof tag === 'object' && tag !== null && 'Key' in tag && typeof tag.Key === 'string' &&
  'Value' in tag && typeof tag.Value === 'string'

function find(name: string): Operation<OperationName> {
  const operation = Object.hasOwn(operations, name) ? operations[name as OperationName] : undefined
  if (!operation) throw new ServiceException('UnknownOperationException')
  return operation
}

/** A registry of one's own account unless the call names another's. */
function registryOf({ registryId }: Record<string, unknown>, { principal, region }: Caller) {
  return { account: typeof registryId === 'string' ? registryId : principal.account, region }
}

function accept(name: string, body: Record<string, unknown>): Input<OperationName> {
  const violations = validate(name, body)
  if (violations.length > 0) throw refusalOf(violations)
  return withoutNulls(inputOf(name), body) as Input<OperationName>
}

function reportUnexpected(error: unknown, requestId: string, log: Log) {
  if (!(error instanceof ServiceException)) log.error({ requestId, err: error }, 'failed unexpectedly')
}
