import type { HttpResponse } from '@smithy/protocol-http'
import type { Authorize } from '../access/authorize.js'
import { requestContextOf } from '../access/request-context.js'
import { ServiceException } from '../registry/errors.js'
import type { RequestPermit } from '../server/concurrency-limit.js'
import type { RequestFacts } from '../server/exchange.js'
import { yieldAfter } from '../coordination/event-loop.js'
import { modelledMembers } from '../smithy/modelled-members.js'
import { inputOf, isOperation, shape } from '../smithy/model.js'
import { validate } from '../smithy/validate.js'
import {
  type AuthenticateDeps,
  type Caller,
  type ReceivedRequest,
  requireCurrent,
  type Signer,
  signerOf,
} from './authenticate.js'
import { foresee } from './foresee.js'
import { operations } from './services/ecr/operation-table.js'
import type { Context, Input, Operation, OperationName, Resources } from './services/ecr/operation.js'
import { operationName, readInput, writeOutput } from './protocols/aws-json.js'
import { refusalOf } from './protocols/ecr-constraints.js'
import { requestTags } from './services/ecr/request-tags.js'

/** Everything a call may need. */
export interface ControlPlaneDeps extends Resources, AuthenticateDeps {
  readonly authorize: Authorize
  /** The call's own. */
  readonly place: RequestPermit
  readonly facts: RequestFacts
}

/**
 * The path every ECR call takes. Each step returns what the next one needs, or throws the refusal. Of a body nothing but
 * its bytes is looked at before it is known who signed it: reading JSON can cost more than the rest of a call. What needs
 * no store comes first, so that the records a call will read are foreseen, and asked for together.
 */
export async function handle(request: ReceivedRequest, deps: ControlPlaneDeps): Promise<HttpResponse> {
  const name = operationName(request)
  const operation = find(name)
  const signer = signerOf(request, 'ecr', deps)
  deps.place.chargeTo(signer.principal)
  await yieldAfter(sizeOf(request))
  const body = knownMembers(name, readInput(request, name))
  await yieldAfter(sizeOf(request))
  const places = foresee(body, registryOf(body, signer))
  return deps.store.ahead(places, () => answer(name, operation, signer, body, request, deps))
}

const sizeOf = ({ body }: ReceivedRequest): number => (body as Buffer).length

type Body = Record<string, unknown>

async function answer(
  name: string,
  operation: Operation<OperationName>,
  signer: Signer,
  body: Body,
  request: ReceivedRequest,
  deps: ControlPlaneDeps,
): Promise<HttpResponse> {
  const { requestId } = request
  const now = (deps.facts.now = await deps.clock.now())
  const caller = requireCurrent(signer, now, deps)
  const registry = registryOf(body, caller)
  const context = requestContextOf({ ...request, requestId, now })
  const call = { registry, principal: caller.principal, request: context, now }
  await authorize(name, operation, body, call, deps)
  const input = accept(name, body)
  await yieldAfter(sizeOf(request))
  const output = await operation.run(input, { ...deps, ...call, wait: deps.place.wait })
  return writeOutput(output, requestId)
}

/** What else a caller sends must not count, least of all for permissions: a `registryId` where the operation has none. */
function knownMembers(name: string, body: Body): Body {
  const { members = {} } = shape(inputOf(name))
  return Object.fromEntries(Object.entries(body).filter(([member]) => Object.hasOwn(members, member)))
}

type Call = Pick<Context, 'registry' | 'principal' | 'request'>

/** The operation's own action on its resources, and whatever else it takes. */
async function authorize(
  name: string,
  operation: Operation<OperationName>,
  body: Body,
  call: Call,
  deps: ControlPlaneDeps,
): Promise<void> {
  const given = requestTags(body)
  const needed = operation.resources(body, call.registry)
  const own = needed.filter((resource) => typeof resource === 'string')
  if (own.length > 0) await deps.authorize({ ...call, action: `ecr:${name}`, resources: own, conditions: given })
  for (const { action, resource, conditions } of needed.filter((permission) => typeof permission === 'object')) {
    await deps.authorize({ ...call, action, resources: [resource], conditions: { ...given, ...conditions } })
  }
}

function find(name: string): Operation<OperationName> {
  const operation = Object.hasOwn(operations, name) ? operations[name as OperationName] : undefined
  if (!operation) throw unknownOperation(isOperation(name) ? notBuilt(name) : NO_SUCH_OPERATION)
  return operation
}

const unknownOperation = (message: string) => new ServiceException('UnknownOperationException', message)

/** The service says nothing here; who calls what ECR has would look for a fault of its own. */
const notBuilt = (name: string) =>
  `ecr-local does not have the operation ${name} yet. What it does not have is listed in its docs/fidelity.md.`

const NO_SUCH_OPERATION = 'Amazon ECR has no operation of this name.'

const ACCOUNT_ID = /^\d{12}$/

/** A registry of one's own account unless the call names another's; what names none is refused by validation. */
function registryOf({ registryId }: Body, { principal, region }: Caller) {
  const isNamed = typeof registryId === 'string' && ACCOUNT_ID.test(registryId)
  return { account: isNamed ? registryId : principal.account, region }
}

/** What an operation never gets to see no answer can repeat: members the model does not have, at any depth. */
function accept(name: string, body: Body): Input<OperationName> {
  const violations = validate(name, body)
  if (violations.length > 0) throw refusalOf(violations)
  return modelledMembers(inputOf(name), body) as Input<OperationName>
}
