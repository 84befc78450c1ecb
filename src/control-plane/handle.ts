import type { HttpResponse } from '@smithy/protocol-http'
import { anonymousPrincipal, isAnonymous } from '../access/anonymous.js'
import { requestContextOf } from '../access/http-request-context.js'
import { isLargeBody, yieldToEventLoop } from '../coordination/event-loop.js'
import { DEFAULT_REGION, type Registry } from '../registry/registry.js'
import type { ActionRates } from '../server/action-rates.js'
import type { AdmittedExchange } from '../server/exchange.js'
import { inputOf, shape } from '../smithy/model.js'
import { type AuthenticateDeps, type Caller, requireCurrent, type Signer, signerOf } from './authenticate.js'
import { dispatch, type Dispatch } from './dispatch.js'
import type { ReceivedRequest } from './received-request.js'
import type { Context, Resources } from './services/context.js'
import type { Members } from './services/service.js'

/** What all calls share. */
export interface ControlPlaneDeps extends Resources, AuthenticateDeps {
  readonly actionRates: ActionRates
}

/**
 * The path of every call of every service and protocol. Each step returns what the next one needs, or throws the
 * refusal. Until the signature is verified the body is only hashed, because parsing it can cost more than the rest of a
 * call. Steps that do not need the store come first.
 */
export async function handle(
  request: ReceivedRequest,
  { facts, permit, log }: Pick<AdmittedExchange, 'facts' | 'permit' | 'log'>,
  deps: ControlPlaneDeps,
): Promise<HttpResponse> {
  const called = dispatch(request)
  const { service, protocol } = called
  const isLarge = isLargeBody(request.body.length)
  const signer = callerOf(request, called, deps)
  permit.chargeTo(isAnonymous(signer.principal) ? chargedAddress(request) : signer.principal)
  if (isLarge) await yieldToEventLoop()
  const { operation: name, version, input } = protocol.readInput(request)
  const operation = service.operation(name, version)
  facts.description = name
  if (service.name === 'ecr') deps.actionRates(name, { account: signer.principal.account, region: signer.region })
  const members = modelled(name, input)
  if (isLarge) await yieldToEventLoop()
  const registry = registryOf(members, signer)
  // Independent reads start together. A remote store batches them into one round trip, so no prefetch is needed.
  const [now, policies] = await Promise.all([deps.clock.now(), operation.readPolicies?.(members, registry, deps.store)])
  facts.now = now
  const { principal } = requireCurrent(signer, now, deps)
  const registryAddress = deps.settings.registryAddress(request)
  const { requestId, headers, remoteAddress, isSecure } = request
  const requestContext = requestContextOf({ requestId, now, headers, remoteAddress, isSecure })
  const call = { registry, principal, request: requestContext, registryAddress, now, policies, wait: permit.wait, log }
  const context = contextOf(call, deps)
  await operation.authorize(members, context)
  const validInput = operation.accept(members)
  if (isLarge) await yieldToEventLoop()
  const output = await operation.run(validInput, context)
  return protocol.writeOutput(output, { request, service, operation: name })
}

/**
 * The context of a call, which inherits the shared parts: copying several dozens of them takes longer than verifying
 * the signature.
 */
const contextOf = (call: Omit<Context, keyof Resources> & Pick<Context, 'log'>, deps: Resources): Context =>
  Object.assign(Object.create(deps) as Resources, call)

/**
 * The caller whose signature was verified, or an anonymous one if the operation needs no signature. A call whose
 * operation is known before that is refused if the operation alone is reason enough.
 */
function callerOf(request: ReceivedRequest, { service, protocol }: Dispatch, deps: ControlPlaneDeps): Signer {
  const operation = protocol.operationBeforeSignature(request)
  if (operation !== undefined) {
    service.refuseUnverified(operation)
    if (service.needsNoSignature?.(operation)) return { principal: anonymousPrincipal(), region: DEFAULT_REGION }
  }
  return signerOf(request, service.name, deps)
}

/** Callers without credentials are told apart by their addresses. */
const chargedAddress = ({ remoteAddress = 'unknown' }: ReceivedRequest) => ({
  arn: remoteAddress,
  account: remoteAddress,
})

/**
 * Removes members that the operation does not have, such as a `registryId`, so that they cannot influence permissions.
 */
function modelled(operation: string, input: Members): Members {
  const { members = {} } = shape(inputOf(operation))
  const known: Record<string, unknown> = {}
  for (const member in input) if (Object.hasOwn(members, member)) known[member] = input[member]
  return known
}

const ACCOUNT_ID = /^\d{12}$/

/**
 * The registry that the call names, otherwise that of the caller's account. Validation refuses an invalid account id.
 */
function registryOf({ registryId }: Members, { principal, region }: Caller): Registry {
  const isNamed = typeof registryId === 'string' && ACCOUNT_ID.test(registryId)
  return { account: isNamed ? registryId : principal.account, region }
}
