import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { DOWNLOAD_PATH } from '../access/download-url.js'
import { requestContextOf } from '../access/request-context.js'
import { importsEndpoint } from '../registry/ports/importer.js'
import { repositoryArn } from '../registry/registry.js'
import { brokenNameConstraint } from '../registry/repository-name.js'
import { authenticate } from './authenticate.js'
import { headBlob, getBlob, deleteBlob } from './blobs.js'
import { type DataPlaneDeps, type Endpoint, respond } from './call.js'
import { catalog } from './catalog.js'
import { nameInvalid, ociErrorOf, OciError } from './errors.js'
import { takeImport } from './imports.js'
import { getLayer } from './layers.js'
import { deleteManifest, getManifest, putManifest } from './manifests.js'
import { referrers } from './referrers.js'
import { registryOf } from './resolve.js'
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
  const server = createServer({ keepAliveTimeout: 75_000, requestTimeout: 0 }, (req, res) => {
    answer(req, res, deps).catch((error: unknown) => refuse(error, req, res, deps))
  })
  return server
}

async function answer(req: IncomingMessage, res: ServerResponse, deps: DataPlaneDeps): Promise<void> {
  const [pathname = '', search] = (req.url ?? '').split('?', 2)
  const query = new URLSearchParams(search)
  if (pathname === '/health') return respond({ req, res }, 200, { 'content-type': 'application/json' }, health(deps))

  if (pathname === importsEndpoint.path && req.method === 'POST') return takeImport({ req, res }, deps)

  const now = await deps.clock.now()
  if (pathname === DOWNLOAD_PATH) return getLayer({ req, res, query, now }, deps)
  const grant = authenticate(req, deps.secret, now)
  const { action, endpoint, repository, reference } = find(req.method ?? '', pathname)
  const registry = registryOf(req.headers.host, grant.registry)
  const { principal } = grant
  const request = requestContextOf({
    ...{ requestId: deps.ids.uuid(), now, headers: req.headers },
    ...{ remoteAddress: req.socket.remoteAddress, isSecure: 'encrypted' in req.socket },
  })
  const resources = [repository === '' ? '*' : repositoryArn(registry, repository)]
  await deps.authorize({ principal, action: `ecr:${action}`, resources, registry, request })
  await endpoint({ req, res, query, registry, principal, request, now, repository, reference }, deps)
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

function refuse(error: unknown, req: IncomingMessage, res: ServerResponse, { log }: DataPlaneDeps): void {
  const request = { err: error, method: req.method, url: req.url }
  if (isClientGone(error, req)) return log.debug(request, 'the client went away')
  const refusal = ociErrorOf(error)
  if (!refusal) log.error(request, 'failed unexpectedly')
  if (res.headersSent) return void res.destroy()
  if (!req.complete) discardBody(req)
  const { status, code, message, headers } = refusal ?? new OciError(500, 'UNKNOWN', 'Internal server error')
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
