import type { HttpResponse } from '@smithy/protocol-http'
import type { Authorize } from '../access/authorize.js'
import { requestContextOf } from '../access/request-context.js'
import { serverException, ServiceException } from '../registry/errors.js'
import { NoSpace } from '../registry/ports/blob-store.js'
import type { Log } from '../registry/ports/log.js'
import { inputOf, shape } from '../smithy/model.js'
import { validate } from '../smithy/validate.js'
import { withoutNulls } from '../smithy/without-nulls.js'
import { authenticate, type AuthenticateDeps, type Caller, type ReceivedRequest } from './authenticate.js'
import { operations } from './operations/index.js'
import type { Context, Input, Operation, OperationName, Permission, Resources } from './operations/operation.js'
import { operationName, readInput, writeError, writeOutput } from './protocol/aws-json.js'
import { refusalOf } from './protocol/constraints.js'
import { requestTags } from './request-tags.js'

/** Everything a call may need. */
export interface ControlPlaneDeps extends Resources, AuthenticateDeps {
  readonly authorize: Authorize
}

/**
 * The path every ECR call takes. Each step returns what the next one needs, or throws the refusal. Of a body nothing but
 * its bytes is looked at before it is known who sent it: reading JSON can cost more than the rest of a call.
 */
export async function handle(request: ReceivedRequest, deps: ControlPlaneDeps): Promise<HttpResponse> {
  const requestId = deps.ids.uuid()
  const end = { at: 0, plane: 'control' as const, operation: '' }
  try {
    const now = await deps.clock.now()
    end.at = now.getTime()
    const name = (end.operation = operationName(request))
    const operation = find(name)
    const caller = authenticate(request, 'ecr', now, deps)
    const body = knownMembers(name, readInput(request))
    const registry = registryOf(body, caller)
    const call = {
      registry,
      principal: caller.principal,
      request: requestContextOf({ ...request, requestId, now }),
      now,
    }
    await authorize(name, operation, body, call, deps)
    const input = accept(name, body)
    const output = await operation.run(input, { ...deps, ...call })
    deps.log.debug({ requestId, operation: name, ...registry }, 'answered')
    deps.decisions.ended(requestId, end)
    return writeOutput(output, requestId)
  } catch (thrown) {
    const error = thrown instanceof NoSpace ? serverException(thrown.message) : thrown
    reportUnexpected(error, requestId, deps.log)
    const { code, message } = error instanceof ServiceException ? error : serverException('')
    deps.decisions.ended(requestId, { ...end, refusal: { code, message } })
    return writeError(error, requestId)
  }
}

/** What else a caller sends must not count, least of all for permissions: a `registryId` where the operation has none. */
function knownMembers(name: string, body: Record<string, unknown>): Record<string, unknown> {
  const { members = {} } = shape(inputOf(name))
  return Object.fromEntries(Object.entries(body).filter(([member]) => Object.hasOwn(members, member)))
}

type Call = Pick<Context, 'registry' | 'principal' | 'request'>

/** The operation's own action on each of its resources, and whatever else it takes. */
async function authorize(
  name: string,
  operation: Operation<OperationName>,
  body: Record<string, unknown>,
  call: Call,
  deps: ControlPlaneDeps,
): Promise<void> {
  const given = requestTags(body)
  for (const needed of operation.resources(body, call.registry)) {
    const { action, resource, conditions } = asPermission(needed, name)
    await deps.authorize({ ...call, action, resources: [resource], conditions: { ...given, ...conditions } })
  }
}

const asPermission = (needed: string | Permission, operation: string): Permission =>
  typeof needed === 'string' ? { action: `ecr:${operation}`, resource: needed } : needed

function find(name: string): Operation<OperationName> {
  const operation = Object.hasOwn(operations, name) ? operations[name as OperationName] : undefined
  if (!operation) throw new ServiceException('UnknownOperationException')
  return operation
}

const ACCOUNT_ID = /^\d{12}$/

/** A registry of one's own account unless the call names another's; what names none is refused by validation. */
function registryOf({ registryId }: Record<string, unknown>, { principal, region }: Caller) {
  const isNamed = typeof registryId === 'string' && ACCOUNT_ID.test(registryId)
  return { account: isNamed ? registryId : principal.account, region }
}

function accept(name: string, body: Record<string, unknown>): Input<OperationName> {
  const violations = validate(name, body)
  if (violations.length > 0) throw refusalOf(violations)
  return withoutNulls(inputOf(name), body) as Input<OperationName>
}

function reportUnexpected(error: unknown, requestId: string, log: Log) {
  if (!(error instanceof ServiceException)) log.error({ requestId, err: error }, 'failed unexpectedly')
}
