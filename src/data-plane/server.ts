import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { DOWNLOAD_PATH } from '../access/download-url.js'
import { requestContextOf } from '../access/request-context.js'
import { decisionsEndpoint } from '../registry/ports/decision-source.js'
import { importsEndpoint } from '../registry/ports/importer.js'
import { brokenNameConstraint } from '../registry/repository-name.js'
import { authenticate } from './authenticate.js'
import { headBlob, getBlob, deleteBlob } from './blobs.js'
import { type Call, type DataPlaneDeps, type Endpoint, respond } from './call.js'
import { catalog } from './catalog.js'
import { nameInvalid, ociErrorOf, OciError } from './errors.js'
import { tellDecisions } from './explanations.js'
import { takeImport } from './imports.js'
import { getLayer } from './layers.js'
import { deleteManifest, getManifest, putManifest } from './manifests.js'
import { permissionFor } from './permission.js'
import { referrers } from './referrers.js'
import { registryOf } from './resolve.js'
import { splitOnce } from './split-once.js'
import { tagsList } from './tags.js'
import { cancelUpload, finishUpload, receiveChunk, startUpload, uploadStatus } from './uploads.js'

/** A line of the table: method, path (name, then reference), the ECR action it needs, what answers. */
type Route = readonly [method: string, path: RegExp, action: string, endpoint: Endpoint]

/** Repository names may contain slashes, "blobs" and "manifests": the last segments decide. */
const NAME = '(?<repository>.+)'
const DIGEST = '(?<reference>[a-zA-Z0-9._+-]+:[a-zA-Z0-9=_-]+)'
const path = (pattern: string) => new RegExp(`^/v2/${pattern}$`)

const [base, manifest, blob] = [
  /^\/v2\/?$/,
  path(`${NAME}/manifests/(?<reference>[^/]+)`),
  path(`${NAME}/blobs/${DIGEST}`),
]
const [uploads, upload] = [path(`${NAME}/blobs/uploads/?`), path(`${NAME}/blobs/uploads/(?<reference>[^/]+)`)]

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#endpoints */
const routes: readonly Route[] = [
  ['GET', manifest, 'BatchGetImage', getManifest],
  ['HEAD', manifest, 'BatchGetImage', getManifest],
  ['GET', blob, 'GetDownloadUrlForLayer', getBlob],
  ['HEAD', blob, 'BatchCheckLayerAvailability', headBlob],
  ['PUT', manifest, 'PutImage', putManifest],
  ['DELETE', manifest, 'BatchDeleteImage', deleteManifest],
  ['DELETE', blob, 'BatchDeleteImage', deleteBlob],
  ['POST', uploads, 'InitiateLayerUpload', startUpload],
  ['GET', upload, 'InitiateLayerUpload', uploadStatus],
  ['PATCH', upload, 'UploadLayerPart', receiveChunk],
  ['PUT', upload, 'CompleteLayerUpload', finishUpload],
  ['DELETE', upload, 'InitiateLayerUpload', cancelUpload],
  ['GET', path(`${NAME}/tags/list`), 'ListImages', tagsList],
  ['GET', path(`${NAME}/referrers/(?<reference>[^/]+)`), 'BatchGetImage', referrers],
  ['GET', path('_catalog'), 'DescribeRepositories', catalog],
  [
    'GET',
    base,
    'GetAuthorizationToken',
    async (call) => respond(call, 200, { 'content-type': 'application/json' }, '{}'),
  ],
]

/** The image-data plane: an OCI registry. Every request takes the path of `answer`, top to bottom. */
export function dataPlane(deps: DataPlaneDeps): Server {
  const options = { keepAliveTimeout: 75_000, requestTimeout: 0 }
  return createServer(options, (req, res) => void take(req, res, deps))
}

/** Gives a request the id under which its decisions can be explained, whatever becomes of it. */
async function take(req: IncomingMessage, res: ServerResponse, deps: DataPlaneDeps): Promise<void> {
  const requestId = deps.ids.uuid()
  res.setHeader('x-amzn-requestid', requestId)
  const [path, search] = splitOnce(req.url ?? '', '?')
  const end = { at: 0, plane: 'data' as const, operation: `${req.method} ${path}` }
  try {
    if (path === '/health') return respond({ req, res }, 200, { 'content-type': 'application/json' }, health(deps))
    const now = await deps.clock.now()
    end.at = now.getTime()
    if (path === decisionsEndpoint.path) return await tellDecisions({ req, res, search }, deps)
    await answer({ req, res, path, query: new URLSearchParams(search), requestId, now }, deps)
    deps.decisions.ended(requestId, end)
  } catch (error) {
    const refusal = refuse(error, { req, res, path }, deps)
    if (refusal) deps.decisions.ended(requestId, { ...end, ...refusedWith(refusal, req) })
  }
}

/** What is remembered of a refusal: a 401 is news only where there were credentials. */
const refusedWith = ({ status, code, message }: OciError, { headers }: IncomingMessage) => ({
  refusal: { code, message },
  ...(status === 401 && !headers.authorization && { isChallenge: true }),
})

interface Received extends Pick<Call, 'req' | 'res' | 'query' | 'now'> {
  readonly path: string
  readonly requestId: string
}

async function answer(received: Received, deps: DataPlaneDeps): Promise<void> {
  const { req, res, path, query, requestId, now } = received
  if (path === importsEndpoint.path && req.method === 'POST') return takeImport(received, deps)
  if (path === DOWNLOAD_PATH) return getLayer(received, deps)

  const grant = authenticate(req, now, deps)
  const { action, endpoint, repository, reference } = find(req.method ?? '', path)
  const registry = registryOf(req.headers.host, grant.registry)
  const { remoteAddress } = req.socket
  const isSecure = 'encrypted' in req.socket
  const request = requestContextOf({ requestId, now, headers: req.headers, remoteAddress, isSecure })
  const call = { req, res, query, now, registry, principal: grant.principal, request, repository, reference }
  await deps.authorize(permissionFor(`ecr:${action}`, call))
  await endpoint(call, deps)
}

/** The line of the table for a request; a HEAD without a line of its own is answered by GET's. */
function find(method: string, url: string) {
  const pathname = decoded(url)
  const found = match(method, pathname) ?? (method === 'HEAD' ? match('GET', pathname) : undefined)
  if (!found) throw noSuchEndpoint(routes.filter(([, pattern]) => pattern.test(pathname)).map(([verb]) => verb))
  const broken = found.repository === '' ? undefined : brokenNameConstraint(found.repository)
  if (broken) throw nameInvalid(broken)
  return found
}

function match(method: string, pathname: string) {
  for (const [verb, pattern, action, endpoint] of routes) {
    const matched = verb === method ? pattern.exec(pathname) : null
    if (!matched) continue
    const { repository = '', reference = '' } = matched.groups ?? {}
    return { action, endpoint, repository, reference }
  }
  return undefined
}

/** Clients may encode what need not be: the colon of a digest, say. */
function decoded(url: string): string {
  try {
    return url.includes('%') ? decodeURIComponent(url) : url
  } catch {
    throw new OciError(400, 'NAME_INVALID', 'The path is not percent-encoded as it should be.')
  }
}

const noSuchEndpoint = (methods: string[]) =>
  methods.length > 0
    ? new OciError(405, 'UNSUPPORTED', 'The operation is unsupported.', { allow: methods.join(', ') })
    : new OciError(404, 'NAME_UNKNOWN', 'The path is no endpoint of an OCI registry.')

/**
 * Writes the refusal and answers what it said; undefined where nobody is left to hear it. The log gets the path alone: who
 * reads the query of a layer URL may fetch the layer.
 */
function refuse(
  error: unknown,
  { req, res, path }: Pick<Received, 'req' | 'res' | 'path'>,
  { log }: DataPlaneDeps,
): OciError | undefined {
  const request = { err: error, method: req.method, path }
  if (isClientGone(error, req)) return void log.debug(request, 'the client went away')
  const known = ociErrorOf(error)
  if (!known) log.error(request, 'failed unexpectedly')
  const refusal = known ?? new OciError(500, 'UNKNOWN', 'Internal server error')
  if (res.headersSent) res.destroy()
  else writeRefusal(refusal, req, res)
  return refusal
}

function writeRefusal({ status, code, message, headers }: OciError, req: IncomingMessage, res: ServerResponse): void {
  if (!req.complete) discardBody(req)
  const isPlain = status === 401
  const body = isPlain ? `${message}\n` : JSON.stringify({ errors: [{ code, message }] })
  const type = isPlain ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8'
  respond({ req, res }, status, { 'content-type': type, ...headers }, body)
}

/** A client may leave in the middle of what it sends or gets; that is no fault of ours. */
const isClientGone = (error: unknown, { socket }: IncomingMessage) =>
  socket.destroyed &&
  error instanceof Error &&
  'code' in error &&
  (error.code === 'ECONNRESET' || error.code === 'ERR_STREAM_PREMATURE_CLOSE')

/** How long a refused client may go on sending: closed at once, the connection would be reset and the refusal lost. */
const LINGER_MS = 5_000

function discardBody(req: IncomingMessage): void {
  const timer = setTimeout(() => req.destroy(), LINGER_MS)
  req.once('close', () => clearTimeout(timer))
  req.resume()
}

const health = ({ about }: DataPlaneDeps) => JSON.stringify({ status: 'ok', plane: 'data', ...about })
