import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { isAnonymous } from '../access/anonymous.js'
import { DOWNLOAD_PATH } from '../access/download-url.js'
import { requestContextOf } from '../access/request-context.js'
import { storedPoliciesAndTags, type StoredPolicies } from '../access/stored-policies.js'
import type { Grant } from '../access/token.js'
import { rateExceeded, ServiceException } from '../registry/errors.js'
import { requestLimits, type RequestPermit } from '../server/request-limits.js'
import { memoryBudget } from '../server/memory-budget.js'
import { decisionsEndpoint } from '../registry/ports/decision-source.js'
import { importsEndpoint } from '../registry/ports/importer.js'
import type { Span } from '../registry/ports/traces.js'
import { logWithRequestId } from '../registry/ports/log.js'
import { repositoryArn } from '../registry/registry.js'
import { type AboutAnswer, aboutPlane } from '../server/health.js'
import { planeServer } from '../server/listener.js'
import { authenticate, grantIn, notAuthorized } from './registry-credentials.js'
import { type Call, type DataPlaneDeps, type DataPlaneParts, respond } from './call.js'
import { controlPlaneRequests } from './private/control-plane-requests.js'
import type { OciError } from './oci-errors.js'
import { tellDecisions } from './private/decisions-endpoint.js'
import { failedPull, type Pulled } from './failed-pull.js'
import { takeImport } from './private/import-endpoint.js'
import { getLayer } from './private/layer-download.js'
import { getManifest } from './manifests.js'
import { permissionFor } from './permission.js'
import { refuse } from './refuse.js'
import { registryOf } from './resolve.js'
import { find, isPullByDigest, repositoryIn } from './routes.js'
import { splitOnce } from './split-once.js'

/** Docker keeps a connection between the requests of a pull; pushes and pulls of hours are fine as long as bytes move. */
const HABITS = { keepAliveTimeoutMs: 75_000, requestTimeoutMs: 0, isReadFirst: false }

/** The image-data plane: an OCI registry. Every request takes the path of `answer`, top to bottom. */
export function dataPlane(given: DataPlaneParts): Server {
  const { limits, clock } = given
  const room = memoryBudget(limits.bodiesMiB * 1024 * 1024)
  const deps: DataPlaneDeps = {
    ...{ ...given, room },
    ...{ admission: requestLimits(limits, clock), controlPlane: controlPlaneRequests(given) },
  }
  return planeServer(deps, HABITS, (req, res) => void take(req, res, deps))
}

/** Gives a request its id, under which it is logged, traced and can be explained, whatever becomes of it. */
async function take(req: IncomingMessage, res: ServerResponse, deps: DataPlaneDeps): Promise<void> {
  const requestId = deps.ids.uuid()
  res.setHeader('x-amzn-requestid', requestId)
  const [path, search = ''] = splitOnce(req.url ?? '', '?')
  const { method = '' } = req
  const about = aboutPlane('data', { method, path }, deps)
  if (about) return tell(about, { req, res, path }, deps)

  const asked: Asked = { req, res, path, search, requestId, operation: 'unknown' }
  const ends = deps.metrics.request('data')
  const facts = { 'http.request.method': method, 'url.path': path, 'rpc.system.name': 'oci-distribution' }
  await deps.traces.request(req.headers, facts, async (span) => {
    const outcome = await answerOrRefuse(asked, { ...deps, log: logWithRequestId(deps.log, requestId) })
    ends(asked.operation, outcome)
    report(asked, outcome, span, deps)
  })
}

async function tell(about: Promise<AboutAnswer>, asked: Pick<Asked, 'req' | 'res' | 'path'>, deps: DataPlaneDeps) {
  try {
    const { statusCode, headers, body } = await about
    respond(asked, statusCode, headers, body)
  } catch (error) {
    refuse(error, asked, deps)
  }
}

/** What is known of a request, from the moment it comes. */
interface Asked extends Pick<Call, 'req' | 'res'> {
  readonly path: string
  readonly search: string
  readonly requestId: string
  /** What it is counted as: the action of its route, once that is known. */
  operation: string
  /** Set once it is known that an image is pulled. */
  pulled?: Pulled
}

/** How a request ended whose client did not wait for its end. */
const CLIENT_GONE = 'CLIENT_GONE'

/** How it ended: `ok`, or the code of the refusal. */
async function answerOrRefuse(asked: Asked, deps: DataPlaneDeps): Promise<string> {
  const { req, requestId, path } = asked
  const end = { at: deps.clock.wall().getTime(), plane: 'data' as const, operation: `${req.method} ${path}` }
  const place = deps.admission.acquire()
  try {
    if (!place) throw rateExceeded()
    await answerInTime(asked, place, end, deps)
    return 'ok'
  } catch (error) {
    const refusal = refuse(error, asked, deps)
    if (refusal) deps.decisions.ended(requestId, { ...end, ...(await refusedWith(refusal, asked, deps)) })
    return refusal?.code ?? CLIENT_GONE
  } finally {
    place?.release()
  }
}

interface End {
  /** When it came, by the emulator's time once that is known. */
  at: number
  readonly plane: 'data'
  readonly operation: string
}

async function answerInTime(asked: Asked, place: RequestPermit, end: End, deps: DataPlaneDeps): Promise<void> {
  const { req, path, search, requestId } = asked
  const received = { ...asked, query: new URLSearchParams(search), grant: grantIn(req, deps.secret) }
  const inTime = async () => {
    // One round trip to a store across a network.
    const [now, policies] = await Promise.all([deps.clock.now(), policiesFor(received, deps)])
    end.at = now.getTime()
    if (path === decisionsEndpoint.path) return tellDecisions(received, deps)
    await answer({ ...received, policies, place, now, tell: (known) => void Object.assign(asked, known) }, deps)
    deps.decisions.ended(requestId, end)
  }
  // What is pulled by digest never changes: it may be served by what this process knows. A tag may have moved.
  return isPullByDigest(req.method, path) ? deps.store.staleIfError(inTime) : inTime()
}

/** What the registry that a token is for stores about the repository of a path; undefined without a token. */
async function policiesFor({ req, path, grant }: Pick<Received, 'req' | 'path' | 'grant'>, { store }: DataPlaneDeps) {
  if (!grant) return undefined
  const registry = registryOf(req.headers.host, grant.registry)
  return storedPoliciesAndTags(registry, [repositoryArn(registry, repositoryIn(req.method ?? '', path))], store)
}

/** What is remembered of a refusal: a 401 is news only where there were credentials. */
async function refusedWith(refused: OciError, { req, pulled }: Asked, deps: DataPlaneDeps) {
  const { status, code, message, hint } = refused
  return {
    refusal: { code, message },
    ...(hint !== undefined && { hint }),
    ...(status === 401 && !req.headers.authorization && { isChallenge: true }),
    ...(pulled && status !== 401 && (await failedPull(pulled, refused, req.method, deps))),
  }
}

/** What fails by our own fault, a store's or an upstream's is news; the rest is told to those who ask for it. */
function report({ req, res, path, requestId, operation }: Asked, outcome: string, span: Span, { log }: DataPlaneDeps) {
  const status = res.statusCode
  const hasFailed = outcome !== 'ok' && status >= 500
  const line = { requestId, operation, method: req.method, path, outcome, status }
  if (outcome !== CLIENT_GONE) log[hasFailed ? 'info' : 'debug'](line, 'answered')
  const facts = { 'http.response.status_code': status, 'aws.request_id': requestId, 'rpc.method': operation }
  span.ended(operation, facts, hasFailed ? outcome : undefined)
}

interface Received extends Pick<Call, 'req' | 'res' | 'query' | 'now'> {
  readonly path: string
  readonly requestId: string
  readonly place: RequestPermit
  /** What its token says, not yet judged. */
  readonly grant: Grant | undefined
  readonly policies: StoredPolicies | undefined
  /** Called once it is known what is asked for. */
  readonly tell: (known: Pick<Asked, 'operation' | 'pulled'>) => void
}

async function answer(received: Received, deps: DataPlaneDeps): Promise<void> {
  const { req, res, path, query, requestId, now, place, tell } = received
  if (path === importsEndpoint.path && req.method === 'POST') {
    tell({ operation: 'Import' })
    // An image is on its way here for minutes before there is anything to answer.
    req.socket.setTimeout(0)
    return takeImport(received, deps)
  }
  if (path === DOWNLOAD_PATH) {
    tell({ operation: 'GetLayer' })
    return getLayer(received, deps)
  }
  const grant = authenticate(req, received.grant, now, deps)
  place.chargeTo(grant.principal)
  const { action, endpoint, repository, reference } = find(req.method ?? '', path)
  const registry = registryOf(req.headers.host, grant.registry)
  tell({ operation: action, ...(endpoint === getManifest && { pulled: { registry, repository } }) })
  const { remoteAddress } = req.socket
  const isSecure = 'encrypted' in req.socket
  const request = requestContextOf({ requestId, now, headers: req.headers, remoteAddress, isSecure })
  const { wait } = place
  const call = { req, res, query, now, wait, registry, principal: grant.principal, request, repository, reference }
  const permission = {
    ...permissionFor(`ecr:${action}`, call),
    ...(received.policies && { policies: received.policies }),
  }
  await permit(deps.authorize(permission), call)
  await endpoint(call, deps)
}

/** Who has shown no credentials is asked for them, rather than told that nobody in particular may not do this. */
async function permit(authorized: Promise<void>, { req, principal }: Pick<Call, 'req' | 'principal'>): Promise<void> {
  if (!isAnonymous(principal)) return authorized
  await authorized.catch((error: unknown) => {
    throw error instanceof ServiceException ? notAuthorized(req.headers.host ?? '') : error
  })
}
