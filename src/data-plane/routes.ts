import { DOWNLOAD_PATH, type LayerGrant } from '../access/download-url.js'
import { decisionsEndpoint } from '../registry/ports/decision-source.js'
import { importsEndpoint } from '../registry/ports/importer.js'
import { violatedNameConstraint } from '../registry/repositories/repository-name.js'
import { deleteBlob, getBlob, headBlob } from './blobs.js'
import { type DataPlaneDeps, type DataPlaneRequest, type Endpoint, respond } from './call.js'
import { catalog } from './catalog.js'
import { deleteManifest, getManifest, putManifest } from './manifests.js'
import { nameInvalid, OciError } from './oci-errors.js'
import { sendDecisions } from './private/decisions-endpoint.js'
import { importForControlPlane, MAX_IMPORT_BYTES } from './private/import-endpoint.js'
import { downloadLayer } from './private/layer-download.js'
import { referrers } from './referrers-list.js'
import { tagsList } from './tags-list.js'
import { cancelUpload, finishUpload, receiveChunk, startUpload, uploadStatus } from './uploads.js'

/** Repository names may contain slashes, "blobs" and "manifests": the last segments decide. */
const NAME = '(?<repository>.+)'
const DIGEST = '(?<reference>[a-zA-Z0-9._+-]+:[a-zA-Z0-9=_-]+)'
const path = (pattern: string) => new RegExp(`^/v2/${pattern}$`)

const base = /^\/v2\/?$/
const manifest = path(`${NAME}/manifests/(?<reference>[^/]+)`)
const blob = path(`${NAME}/blobs/${DIGEST}`)
const uploads = path(`${NAME}/blobs/uploads/?`)
const upload = path(`${NAME}/blobs/uploads/(?<reference>[^/]+)`)

const answerBase: Endpoint = async (call) => respond(call, 200, { 'content-type': 'application/json' }, '{}')

/** `who` is `grant`: a caller with an authorization token, or without one if the configuration allows that. */
type GrantRow = readonly [who: 'grant', method: string, path: RegExp, operation: string, endpoint: Endpoint]

/** `who` says what is signed: the request, by a control plane, or the URL of the request, by either plane. */
type SignedRow =
  | readonly ['control plane', method: string, path: string, operation: string, ControlPlaneEndpoint, maxBytes: number]
  | readonly ['download URL', method: string, path: string, operation: string, DownloadEndpoint]

type ControlPlaneEndpoint = (request: DataPlaneRequest, body: Buffer, deps: DataPlaneDeps) => Promise<void>
type DownloadEndpoint = (request: DataPlaneRequest, grant: LayerGrant, deps: DataPlaneDeps) => Promise<void>

/**
 * Every endpoint of the data plane: who may call it, method, path, operation, and the function that answers. The
 * operation of a `grant` route is the ECR action that it needs permission for.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#endpoints
 */
const routes: readonly (GrantRow | SignedRow)[] = [
  ['grant', 'GET', manifest, 'BatchGetImage', getManifest],
  ['grant', 'HEAD', manifest, 'BatchGetImage', getManifest],
  ['grant', 'GET', blob, 'GetDownloadUrlForLayer', getBlob],
  ['grant', 'HEAD', blob, 'BatchCheckLayerAvailability', headBlob],
  ['grant', 'PUT', manifest, 'PutImage', putManifest],
  ['grant', 'DELETE', manifest, 'BatchDeleteImage', deleteManifest],
  ['grant', 'DELETE', blob, 'BatchDeleteImage', deleteBlob],
  ['grant', 'POST', uploads, 'InitiateLayerUpload', startUpload],
  ['grant', 'GET', upload, 'InitiateLayerUpload', uploadStatus],
  ['grant', 'PATCH', upload, 'UploadLayerPart', receiveChunk],
  ['grant', 'PUT', upload, 'CompleteLayerUpload', finishUpload],
  ['grant', 'DELETE', upload, 'InitiateLayerUpload', cancelUpload],
  ['grant', 'GET', path(`${NAME}/tags/list`), 'ListImages', tagsList],
  ['grant', 'GET', path(`${NAME}/referrers/(?<reference>[^/]+)`), 'BatchGetImage', referrers],
  ['grant', 'GET', path('_catalog'), 'DescribeRepositories', catalog],
  ['grant', 'GET', base, 'GetAuthorizationToken', answerBase],
  ['control plane', 'POST', importsEndpoint.path, 'Import', importForControlPlane, MAX_IMPORT_BYTES],
  ['control plane', 'GET', decisionsEndpoint.path, 'Explain', sendDecisions, 0],
  ['download URL', 'GET', DOWNLOAD_PATH, 'GetLayer', downloadLayer],
  ['download URL', 'HEAD', DOWNLOAD_PATH, 'GetLayer', downloadLayer],
]

const registryRoutes = routes.filter((route) => route[0] === 'grant')
const signedLines = routes.filter((route) => route[0] !== 'grant')
const signedPaths: ReadonlySet<string> = new Set(signedLines.map(([, , exactPath]) => exactPath))

/** Whether a URL without its host is one of this plane's: `/v2` and everything below it, and the signed paths. */
export const isRegistryPath = (url: string): boolean =>
  url.startsWith('/v2/') || /^\/v2(\?|$)/.test(url) || signedPaths.has(url.split('?', 1)[0] ?? '')

/** A route of the registry. */
interface GrantRoute {
  readonly who: 'grant'
  readonly operation: string
  readonly endpoint: Endpoint
  /** Empty where the path names none. */
  readonly repository: string
  readonly reference: string
}

/** No endpoint matches. Callers with a grant get this refusal, others the challenge. */
interface NoRoute {
  readonly who: 'grant'
  readonly refusal: OciError
}

/** A route for signed requests, which need no grant. */
export type SignedRoute =
  | { who: 'control plane'; operation: string; endpoint: ControlPlaneEndpoint; maxBodyBytes: number }
  | { who: 'download URL'; operation: string; endpoint: DownloadEndpoint }

/** The route of a request. */
export type Route = GrantRoute | NoRoute | SignedRoute

/** The route of a request. Throws 405 if the path is one for signed requests and the method is not allowed. */
export const findRoute = (method: string, requestPath: string): Route =>
  signedPaths.has(requestPath) ? signedRoute(method, requestPath) : registryRoute(method, requestPath)

function signedRoute(method: string, requestPath: string): SignedRoute {
  const lines = signedLines.filter(([, , exactPath]) => exactPath === requestPath)
  const line = lines.find(([, verb]) => verb === method)
  if (!line) throw noSuchEndpoint(lines.map(([, verb]) => verb))
  return line[0] === 'control plane'
    ? { who: line[0], operation: line[3], endpoint: line[4], maxBodyBytes: line[5] }
    : { who: line[0], operation: line[3], endpoint: line[4] }
}

/** A HEAD without a route of its own takes that of GET. */
function registryRoute(method: string, requestPath: string): GrantRoute | NoRoute {
  const pathname = decoded(requestPath)
  if (pathname === undefined) return { who: 'grant', refusal: notDecodable() }
  const route = matchRoute(method, pathname) ?? (method === 'HEAD' ? matchRoute('GET', pathname) : undefined)
  if (!route) {
    const matching = registryRoutes.filter(([, , pattern]) => pattern.test(pathname))
    return { who: 'grant', refusal: noSuchEndpoint(matching.map(([, verb]) => verb)) }
  }
  const broken = route.repository === '' ? undefined : violatedNameConstraint(route.repository)
  return broken ? { who: 'grant', refusal: nameInvalid(broken) } : route
}

function matchRoute(method: string, pathname: string): GrantRoute | undefined {
  for (const [, verb, pattern, operation, endpoint] of registryRoutes) {
    const matched = verb === method ? pattern.exec(pathname) : null
    if (!matched) continue
    const { repository = '', reference = '' } = matched.groups ?? {}
    return { who: 'grant', operation, endpoint, repository, reference }
  }
  return undefined
}

/**
 * Whether a request pulls by digest. Its answer never changes, so it may be served from last known values while the
 * store is unavailable. A tag may have moved.
 */
export const isPullByDigest = (method: string, requestPath: string): boolean =>
  (method === 'GET' || method === 'HEAD') && (requestPath === DOWNLOAD_PATH || BY_DIGEST.test(requestPath))

const BY_DIGEST = /\/(?:manifests|blobs)\/[^/]+(?::|%3a)[^/]+$/i

/**
 * Decodes a path, because clients may encode characters that need no encoding, such as the colon of a digest. Undefined
 * if the path is malformed.
 */
function decoded(requestPath: string): string | undefined {
  try {
    return requestPath.includes('%') ? decodeURIComponent(requestPath) : requestPath
  } catch {
    return undefined
  }
}

const notDecodable = () => new OciError(400, 'NAME_INVALID', 'The path is not correctly percent-encoded.')

const noSuchEndpoint = (methods: string[]) =>
  methods.length > 0
    ? new OciError(405, 'UNSUPPORTED', 'The operation is unsupported.', { allow: methods.join(', ') })
    : new OciError(404, 'NAME_UNKNOWN', 'The path is not an endpoint of an OCI registry.')
