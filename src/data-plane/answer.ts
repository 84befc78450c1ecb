import { isAnonymous } from '../access/anonymous.js'
import { readDownloadUrl } from '../access/download-url.js'
import { requestContextOf } from '../access/request-context.js'
import type { Grant } from '../access/token.js'
import { ServiceException } from '../registry/errors.js'
import type { Registry } from '../registry/registry.js'
import type { AdmittedExchange } from '../server/exchange.js'
import type { Call, DataPlaneDeps, DataPlaneRequest } from './call.js'
import { foresee, isPullByDigest } from './foresee.js'
import { getManifest } from './manifests.js'
import { OciError } from './oci-errors.js'
import { permissionFor } from './permission.js'
import { authenticate, notAuthorized } from './registry-credentials.js'
import { smallBody } from './request-body.js'
import { registryOf } from './resolve.js'
import { findRoute, type SignedRoute } from './routes.js'

/**
 * The path every admitted request takes. Each step returns what the next one needs, or throws the refusal:
 *
 *     findRoute → authenticate → charge the permit → registryOf → authorize → endpoint      who may: a grant
 *     findRoute → verify the signature → endpoint                                           who may: a signed request
 */
export async function answerRequest(exchange: AdmittedExchange, deps: DataPlaneDeps): Promise<void> {
  const { req, facts } = exchange
  const grant = deps.grantIn(req)
  const named = { req, path: facts.path, grant }
  const answer = () => answerInTime(exchange, grant, deps)
  return deps.store.ahead(foresee(named), answer, { lastKnown: isPullByDigest(named) })
}

async function answerInTime(exchange: AdmittedExchange, sent: Grant | undefined, deps: DataPlaneDeps): Promise<void> {
  const { req, facts, permit } = exchange
  const now = (facts.now = await deps.clock.now())
  const request: DataPlaneRequest = { ...exchange, query: new URLSearchParams(exchange.search), now }
  const route = findRoute(facts.method, facts.path)
  if (route.who !== 'grant') return answerSigned(request, route, deps)
  const grant = authenticate(req, sent, now, deps)
  permit.chargeTo(grant.principal)
  if ('refusal' in route) throw route.refusal
  const registry = registryOf(req.headers.host, grant.registry)
  facts.operation = route.operation
  if (route.endpoint === getManifest) facts.pulledFrom = { registry, repository: route.repository }
  const call = callOf(request, grant, registry, route)
  await requirePermission(deps.authorize(permissionFor(`ecr:${route.operation}`, call)), call)
  await route.endpoint(call, deps)
}

function callOf(
  { req, res, facts, permit, query, now }: DataPlaneRequest,
  { principal }: Grant,
  registry: Registry,
  { repository, reference }: Pick<Call, 'repository' | 'reference'>,
): Call {
  const { requestId } = facts
  const { remoteAddress } = req.socket
  const request = requestContextOf({
    requestId,
    now,
    headers: req.headers,
    remoteAddress,
    isSecure: 'encrypted' in req.socket,
  })
  return { req, res, query, now, wait: permit.wait, registry, principal, request, repository, reference }
}

/** A caller without credentials gets the challenge instead of AccessDenied, so that clients log in and try again. */
async function requirePermission(authorized: Promise<void>, { req, principal }: Pick<Call, 'req' | 'principal'>) {
  if (!isAnonymous(principal)) return authorized
  await authorized.catch((error: unknown) => {
    throw error instanceof ServiceException ? notAuthorized(req.headers.host ?? '') : error
  })
}

/** For requests whose signature is the permission. */
async function answerSigned(request: DataPlaneRequest, route: SignedRoute, deps: DataPlaneDeps): Promise<void> {
  request.facts.operation = route.operation
  if (route.who === 'control plane') {
    const body = await bodyOfControlPlane(request, route.maxBodyBytes, deps)
    return route.endpoint(request, body, deps)
  }
  const grant = readDownloadUrl(request.query, { now: request.now, wall: deps.clock.wall() }, deps.secret)
  if (!grant) throw new OciError(403, 'DENIED', 'The layer URL is not valid or has expired. Request a new one.')
  request.permit.chargeToAccount(grant.registry.account)
  await route.endpoint(request, grant, deps)
}

const NO_BODY = Buffer.alloc(0)

/** The signature covers the body. Until it is verified the permit is charged to the address: the sender may be anyone. */
async function bodyOfControlPlane(request: DataPlaneRequest, maxBytes: number, deps: DataPlaneDeps): Promise<Buffer> {
  const { req, permit } = request
  if (maxBytes > 0) permit.chargeToAccount(req.socket.remoteAddress ?? '')
  const body = maxBytes > 0 ? await smallBody(request, maxBytes, deps) : NO_BODY
  deps.controlPlane.require(req, body)
  return body
}
