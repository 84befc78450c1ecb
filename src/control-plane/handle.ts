import type { HttpResponse } from '@smithy/protocol-http'
import type { Authorize } from '../access/authorize.js'
import { serverException, ServiceException } from '../registry/errors.js'
import { NoSpace } from '../registry/ports/blob-store.js'
import type { Log } from '../registry/ports/log.js'
import { inputOf } from '../smithy/model.js'
import { validate } from '../smithy/validate.js'
import { withoutNulls } from '../smithy/without-nulls.js'
import { authenticate, type AuthenticateDeps, type Caller, type ReceivedRequest } from './authenticate.js'
import { operations } from './operations/index.js'
import type { Input, Operation, OperationName, Resources } from './operations/operation.js'
import { operationName, readInput, writeError, writeOutput } from './protocol/aws-json.js'
import { refusalOf } from './protocol/constraints.js'

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
  try {
    const name = operationName(request)
    const operation = find(name)
    const caller = authenticate(request, 'ecr', deps)
    const body = readInput(request)
    const registry = registryOf(body, caller)
    const { principal } = caller
    const resources = operation.resources(body, registry)
    await deps.authorize({ principal, action: `ecr:${name}`, resources, registry })
    const input = accept(name, body)
    const output = await operation.run(input, { ...deps, registry, principal, now: await deps.clock.now() })
    deps.log.debug({ requestId, operation: name, ...registry }, 'answered')
    return writeOutput(output, requestId)
  } catch (thrown) {
    const error = thrown instanceof NoSpace ? serverException(thrown.message) : thrown
    reportUnexpected(error, requestId, deps.log)
    return writeError(error, requestId)
  }
}

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
