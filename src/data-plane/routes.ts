import { DOWNLOAD_PATH } from '../access/download-url.js'
import { brokenNameConstraint } from '../registry/repositories/repository-name.js'
import { deleteBlob, getBlob, headBlob } from './blobs.js'
import { type Endpoint, respond } from './call.js'
import { catalog } from './catalog.js'
import { nameInvalid, OciError } from './oci-errors.js'
import { deleteManifest, getManifest, putManifest } from './manifests.js'
import { referrers } from './referrers-list.js'
import { tagsList } from './tags-list.js'
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

/** The line of the table for a request; a HEAD without a line of its own is answered by GET's. Throws OciError. */
export function find(method: string, url: string) {
  const pathname = decoded(url)
  const found = routeFor(method, pathname)
  if (!found) throw noSuchEndpoint(routes.filter(([, pattern]) => pattern.test(pathname)).map(([verb]) => verb))
  const broken = found.repository === '' ? undefined : brokenNameConstraint(found.repository)
  if (broken) throw nameInvalid(broken)
  return found
}

const routeFor = (method: string, pathname: string) =>
  match(method, pathname) ?? (method === 'HEAD' ? match('GET', pathname) : undefined)

function match(method: string, pathname: string) {
  for (const [verb, pattern, action, endpoint] of routes) {
    const matched = verb === method ? pattern.exec(pathname) : null
    if (!matched) continue
    const { repository = '', reference = '' } = matched.groups ?? {}
    return { action, endpoint, repository, reference }
  }
  return undefined
}

/** The repository a request names, `*` where it names none: its policies are read before it is known whether there is an answer. */
export function repositoryIn(method: string, url: string): string {
  try {
    const { repository = '' } = routeFor(method, decoded(url)) ?? {}
    return repository === '' ? '*' : repository
  } catch {
    return '*'
  }
}

/** Whether a request pulls what never changes: a manifest or a layer by its digest. */
export const isPullByDigest = (method: string | undefined, url: string): boolean =>
  (method === 'GET' || method === 'HEAD') && (url === DOWNLOAD_PATH || BY_DIGEST.test(url))

const BY_DIGEST = /\/(?:manifests|blobs)\/[^/]+(?::|%3a)[^/]+$/i

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
