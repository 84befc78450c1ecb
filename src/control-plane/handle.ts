import type { HttpResponse } from '@smithy/protocol-http'
import type { AccessRequest, Authorize } from '../access/authorize.js'
import { requestContextOf } from '../access/request-context.js'
import { storedPoliciesAndTags } from '../access/stored-policies.js'
import { serverException, ServiceException } from '../registry/errors.js'
import type { RequestPermit } from '../server/request-limits.js'
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
import type { TellHint } from './credentials-hint.js'
import { operations } from './services/ecr/operation-table.js'
import type { Input, Operation, OperationName, Permission, Resources } from './services/ecr/operation.js'
import { operationName, readInput, writeError, writeOutput } from './protocols/aws-json.js'
import { refusalOf } from './protocols/ecr-constraints.js'
import { requestTags } from './services/ecr/request-tags.js'
import { isAway, isOfStorage, RETRY_AFTER_SECONDS } from './unavailable.js'

/** Everything a call may need. */
export interface ControlPlaneDeps extends Resources, AuthenticateDeps {
  readonly authorize: Authorize
  /** Of this request, among those that are worked on. */
  readonly place: RequestPermit
  readonly tellHint: TellHint
}

/**
 * The path every ECR call takes. Each step returns what the next one needs, or throws the refusal. Of a body nothing but
 * its bytes is looked at before it is known who signed it: reading JSON can cost more than the rest of a call.
 */
export async function handle(request: ReceivedRequest, deps: ControlPlaneDeps): Promise<HttpResponse> {
  const asked: Asked = { request, requestId: request.requestId, name: '' }
  try {
    const name = (asked.name = operationName(request))
    const operation = find(name)
    const signer = signerOf(request, 'ecr', deps)
    deps.place.chargeTo(signer.principal)
    await yieldAfter(sizeOf(request))
    const body = knownMembers(name, readInput(request, name))
    await yieldAfter(sizeOf(request))
    return await answer(operation, signer, body, asked, deps)
  } catch (thrown) {
    return refuse(thrown, asked, deps)
  }
}

const sizeOf = ({ body }: ReceivedRequest): number => (body as Buffer).length

/** What is known of a call, from the moment it comes. */
interface Asked {
  readonly request: ReceivedRequest
  readonly requestId: string
  /** Of the operation; empty until it is known. */
  name: string
  /** When it came, by the emulator's time; absent until that is known. */
  now?: Date
}

type Body = Record<string, unknown>

async function answer(
  operation: Operation<OperationName>,
  signer: Signer,
  body: Body,
  asked: Asked,
  deps: ControlPlaneDeps,
): Promise<HttpResponse> {
  const { request, requestId, name } = asked
  const registry = registryOf(body, signer)
  const resources = operation.resources(body, registry)
  // One round trip to a store across a network.
  const [now, policies] = await Promise.all([
    deps.clock.now(),
    storedPoliciesAndTags(registry, resources.filter(isArn), deps.store),
  ])
  asked.now = now
  const caller = requireCurrent(signer, now, deps)
  const context = requestContextOf({ ...request, requestId, now })
  const call = { registry, principal: caller.principal, request: context, now }
  await authorize(name, resources, body, { ...call, policies }, deps)
  const input = accept(name, body)
  await yieldAfter(sizeOf(request))
  const output = await operation.run(input, { ...deps, ...call, wait: deps.place.wait })
  deps.decisions.ended(requestId, { at: now.getTime(), plane: 'control', operation: name })
  return writeOutput(output, requestId)
}

async function refuse(thrown: unknown, asked: Asked, deps: ControlPlaneDeps): Promise<HttpResponse> {
  const { request, requestId, name } = asked
  const { clock, decisions, log } = deps
  const error = isOfStorage(thrown) ? serverException(thrown.message) : thrown
  if (!(error instanceof ServiceException)) log.error({ requestId, err: error }, 'failed unexpectedly')
  const { code, message } = error instanceof ServiceException ? error : serverException('')
  const now = asked.now ?? (isAway(thrown) ? clock.wall() : await clock.now().catch(() => clock.wall()))
  const told = {
    ...deps.tellHint(request, { code, message }, deps),
    ...(name === 'BatchGetImage' && FAILED_PULL.has(code) && { isFailedPull: true }),
  }
  const end = { at: now.getTime(), plane: 'control', operation: name, refusal: { code, message }, ...told } as const
  decisions.ended(requestId, end)
  const answer = writeError(error, requestId)
  if (isAway(thrown)) answer.headers['retry-after'] = RETRY_AFTER_SECONDS
  return answer
}

/** What a pull through the API is refused with where neither repository nor rule is there, or the data plane is away. */
const FAILED_PULL: ReadonlySet<string> = new Set(['RepositoryNotFoundException', 'ServerException'])

/** What else a caller sends must not count, least of all for permissions: a `registryId` where the operation has none. */
function knownMembers(name: string, body: Body): Body {
  const { members = {} } = shape(inputOf(name))
  return Object.fromEntries(Object.entries(body).filter(([member]) => Object.hasOwn(members, member)))
}

type Call = Pick<AccessRequest, 'registry' | 'principal' | 'request' | 'policies'>

/** What a call needs its own action's permission on, apart from its permissions for other actions. */
const isArn = (resource: string | Permission): resource is string => typeof resource === 'string'

/** The operation's own action on its resources, and whatever else it takes. */
async function authorize(
  name: string,
  resources: readonly (string | Permission)[],
  body: Body,
  call: Call,
  deps: ControlPlaneDeps,
): Promise<void> {
  const given = requestTags(body)
  const own = resources.filter(isArn)
  if (own.length > 0) await deps.authorize({ ...call, action: `ecr:${name}`, resources: own, conditions: given })
  for (const { action, resource, conditions } of resources.filter((permission) => typeof permission === 'object')) {
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
