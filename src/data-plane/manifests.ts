import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { deleteImage } from '../registry/images/image-deletion.js'
import { imageDigestDoesNotMatch } from '../registry/errors.js'
import { type ImageFailure, imageNotFoundFailure, isImageFailure } from '../registry/images/find-image.js'
import type { ImageId } from '../registry/images/image.js'
import { acceptImageTag, isImageTag } from '../registry/images/image-tag.js'
import { storeManifest } from '../registry/images/store-manifest.js'
import { computeDigest, isDigest, MAX_MANIFEST_BYTES } from '../registry/images/manifest.js'
import { pullableImage } from '../registry/images/pullable-image.js'
import { pushImage } from '../registry/images/image-push.js'
import { parsePushedManifest } from '../registry/images/pushed-manifest.js'
import { createOnPush } from '../registry/repositories/create-on-push.js'
import { requireRepository } from '../registry/repositories/require-repository.js'
import { type Endpoint, respond } from './call.js'
import { digestInvalid, OciError } from './oci-errors.js'
import { smallBody } from './request-body.js'

/** GET and HEAD /v2/<name>/manifests/<tag or digest>: the bytes as they were pushed, or as the upstream sent them. */
export const getManifest: Endpoint = async (call, deps) => {
  const { req, registry, repository, principal, request, now } = call
  const imageId = imageIdOf(call.reference)
  const found = await deps.pullThrough.pull({ registry, repository, imageId, principal, request }, call.wait)
  const pull = isImageFailure(found) ? found : pullableImage(found, imageId, now)
  if (isImageFailure(pull)) throw refusalOf(pull)
  const { digest, mediaType, manifestSize } = pull.image
  const headers = { 'content-type': mediaType, 'docker-content-digest': digest, etag: `"${digest}"` }
  const source = pull.isImported ? 'upstream' : 'cache'
  const answer = (status: number, more: OutgoingHttpHeaders, body?: Buffer) => {
    respond(call, status, { ...headers, ...more }, body)
    deps.statistics.manifest(registry, source, performance.now() - call.receivedAt)
  }

  if (isCachedByClient(req.headers['if-none-match'], digest)) return answer(304, {})
  const bytes = await deps.blobs.read(digest)
  if (!bytes) throw refusalOf(imageNotFoundFailure({ imageDigest: digest }))
  const puller = { registry, repository, principal: principal.arn, now }
  if (req.method === 'HEAD') {
    if (imageId.imageTag !== undefined) deps.pullSessions.resolved(puller, imageId.imageTag, source)
    return answer(200, { 'content-length': manifestSize })
  }
  void deps.recordPullTime(registry, pull.image, { principal, now, log: deps.log })
  deps.pullSessions.manifest(puller, pull.image, imageId.imageTag, source)
  answer(200, {}, bytes)
}

/**
 * PUT /v2/<name>/manifests/<tag or digest>, with any number of `?tag=` beside a digest: like PutImage, except that
 * pushing an existing image succeeds.
 */
export const putManifest: Endpoint = async (call, deps) => {
  const { registry, repository, reference } = call
  const isByTag = !reference.includes(':')
  const tags = isByTag ? [acceptImageTag(reference)] : [...new Set(call.query.getAll('tag').map(acceptImageTag))]
  if (!isByTag && !isDigest(reference)) throw digestInvalid(reference)
  await createOnPush(call, deps)
  await requireRepository(deps.store, registry, repository)

  const bytes = await smallBody(call, MAX_MANIFEST_BYTES, deps)
  const manifest = parsePushedManifest(bytes, mediaTypeOf(call.req), deps.quotas)
  const digest = computeDigest(bytes, reference)
  if (!isByTag && digest !== reference) throw imageDigestDoesNotMatch(reference, repository, registry.account)
  await storeManifest(deps.blobs, digest, bytes)
  const [tag, ...furtherTags] = tags
  const mayLackLayers = !deps.images.verifyLayers && { mayLackLayers: true as const }
  const facts = { digest, manifest, manifestSize: bytes.length, repository, now: call.now.getTime() }
  const image = { ...facts, ...mayLackLayers }
  await pushImage(deps, registry, { ...image, ...(tag !== undefined && { tag, furtherTags }) }, bytes)

  respond(call, 201, {
    location: `/v2/${repository}/manifests/${digest}`,
    'docker-content-digest': digest,
    ...(manifest.subject !== undefined && { 'oci-subject': manifest.subject }),
    ...(!isByTag && tags.length > 0 && { 'oci-tag': tags }),
  })
}

/** DELETE /v2/<name>/manifests/<tag or digest>: the rules of BatchDeleteImage. */
export const deleteManifest: Endpoint = async (call, deps) => {
  const { registry, repository, reference } = call
  await requireRepository(deps.store, registry, repository)
  const gone = await deleteImage(deps, registry, repository, imageIdOf(reference), { now: call.now, cause: 'request' })
  if (!Array.isArray(gone)) throw refusalOf(gone)
  respond(call, 202, {})
}

/**
 * The image that the last segment of a path names. Throws MANIFEST_UNKNOWN for an invalid tag, because no image has it.
 */
function imageIdOf(reference: string): ImageId {
  if (reference.includes(':')) return { imageDigest: reference }
  if (!isImageTag(reference)) throw refusalOf(imageNotFoundFailure({ imageTag: reference }))
  return { imageTag: reference }
}

/** The content type without parameters, as it is stored and served. */
const mediaTypeOf = ({ headers }: IncomingMessage) => headers['content-type']?.split(';')[0]?.trim()

/** Whether the client has these bytes already (RFC 9110 section 13.1.2): a digest's bytes never change. */
const isCachedByClient = (ifNoneMatch: string | undefined, digest: string) =>
  ifNoneMatch !== undefined && (ifNoneMatch.includes(`"${digest}"`) || ifNoneMatch.trim() === '*')

const statusAndCode: Record<ImageFailure['failureCode'], readonly [status: number, code: string]> = {
  ImageNotFound: [404, 'MANIFEST_UNKNOWN'],
  MissingDigestAndTag: [405, 'UNSUPPORTED'],
  InvalidImageDigest: [400, 'DIGEST_INVALID'],
  InvalidImageTag: [405, 'UNSUPPORTED'],
  ImageTagDoesNotMatchDigest: [404, 'MANIFEST_UNKNOWN'],
  ImageReferencedByManifestList: [405, 'UNSUPPORTED'],
  UpstreamAccessDenied: [403, 'DENIED'],
  UpstreamTooManyRequests: [429, 'TOOMANYREQUESTS'],
  UpstreamUnavailable: [503, 'UNAVAILABLE'],
  ImageInaccessible: [404, 'MANIFEST_UNKNOWN'],
}

const ARCHIVE_HINT =
  'update-image-storage-class with the target STANDARD restores an image; it is ACTIVE after images.restoreSeconds'

const refusalOf = ({ failureCode, failureReason }: ImageFailure) =>
  new OciError(
    ...statusAndCode[failureCode],
    failureReason,
    {},
    failureCode === 'ImageInaccessible' ? ARCHIVE_HINT : undefined,
  )
