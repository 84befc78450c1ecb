import type { IncomingMessage } from 'node:http'
import { deleteImage } from '../registry/images/image-deletion.js'
import { imageDigestDoesNotMatch } from '../registry/errors.js'
import { type ImageFailure, imageNotFoundFailure, isFailure } from '../registry/images/find-image.js'
import type { ImageId } from '../registry/images/image.js'
import { acceptImageTag, isImageTag } from '../registry/images/image-tag.js'
import { keepManifest } from '../registry/images/store-manifest.js'
import { digestOf, isDigest, MAX_MANIFEST_BYTES } from '../registry/images/manifest.js'
import { pushImage } from '../registry/images/image-push.js'
import { parsePushedManifest } from '../registry/images/pushed-manifest.js'
import { recordPull } from '../registry/images/record-pull.js'
import { requireRepository } from '../registry/repositories/require-repository.js'
import { type Endpoint, respond } from './call.js'
import { digestInvalid, OciError } from './oci-errors.js'
import { smallBody } from './request-body.js'

/** GET and HEAD /v2/<name>/manifests/<tag or digest>: the bytes as they were pushed, or as the upstream gave them. */
export const getManifest: Endpoint = async (call, deps) => {
  const { req, registry, repository, principal, request, now } = call
  const imageId = imageIdOf(call.reference)
  const found = await deps.pullThrough.pull({ registry, repository, imageId, principal, request }, call.wait)
  if (isFailure(found)) throw refusalOf(found)
  const { digest, mediaType, manifestSize } = found.image
  const headers = { 'content-type': mediaType, 'docker-content-digest': digest, etag: `"${digest}"` }

  if (isKnown(req.headers['if-none-match'], digest)) return respond(call, 304, headers)
  const bytes = await deps.blobs.read(digest)
  if (!bytes) throw refusalOf(imageNotFoundFailure({ imageDigest: digest }))
  const puller = { registry, repository, principal: principal.arn, now }
  if (req.method === 'HEAD') {
    if (imageId.imageTag !== undefined) deps.pullSessions.resolved(puller, imageId.imageTag)
    return respond(call, 200, { ...headers, 'content-length': manifestSize })
  }
  void recordPull(deps, registry, found.image, now)
  deps.pullSessions.manifest(puller, found.image, imageId.imageTag, found.isImported ? 'upstream' : 'cache')
  respond(call, 200, headers, bytes)
}

/**
 * PUT /v2/<name>/manifests/<tag or digest>, with `?tag=` as often as wanted beside a digest: PutImage, except that
 * pushing what is there already succeeds.
 */
export const putManifest: Endpoint = async (call, deps) => {
  const { registry, repository, reference } = call
  const isByTag = !reference.includes(':')
  const tags = isByTag ? [acceptImageTag(reference)] : [...new Set(call.query.getAll('tag').map(acceptImageTag))]
  if (!isByTag && !isDigest(reference)) throw digestInvalid(reference)
  await requireRepository(deps.store, registry, repository)

  const bytes = await smallBody(call, MAX_MANIFEST_BYTES, deps)
  const manifest = parsePushedManifest(bytes, mediaTypeOf(call.req), deps.quotas)
  const digest = digestOf(bytes, reference)
  if (!isByTag && digest !== reference) throw imageDigestDoesNotMatch(reference, repository, registry.account)
  await keepManifest(deps.blobs, digest, bytes)
  const [tag, ...furtherTags] = tags
  const image = { digest, manifest, manifestSize: bytes.length, repository, now: call.now.getTime() }
  await pushImage(deps, registry, { ...image, ...(tag !== undefined && { tag, furtherTags }) }, bytes)

  respond(call, 201, {
    location: `/v2/${repository}/manifests/${digest}`,
    'docker-content-digest': digest,
    ...(manifest.subject !== undefined && { 'oci-subject': manifest.subject }),
    ...(!isByTag && tags.length > 0 && { 'oci-tag': tags }),
  })
}

/** DELETE /v2/<name>/manifests/<tag or digest>: BatchDeleteImage, with the same rules. */
export const deleteManifest: Endpoint = async (call, deps) => {
  const { registry, repository, reference } = call
  await requireRepository(deps.store, registry, repository)
  const gone = await deleteImage(deps, registry, repository, imageIdOf(reference))
  if (!Array.isArray(gone)) throw refusalOf(gone)
  respond(call, 202, {})
}

/** What a path's last segment names. A tag nobody can have pushed is one that is not there. */
function imageIdOf(reference: string): ImageId {
  if (reference.includes(':')) return { imageDigest: reference }
  if (!isImageTag(reference)) throw refusalOf(imageNotFoundFailure({ imageTag: reference }))
  return { imageTag: reference }
}

/** Without its parameters: the type is kept and served as it is. */
const mediaTypeOf = ({ headers }: IncomingMessage) => headers['content-type']?.split(';')[0]?.trim()

/** Whether the client has these bytes (RFC 9110 section 13.1.2): a digest's bytes never change. */
const isKnown = (ifNoneMatch: string | undefined, digest: string) =>
  ifNoneMatch !== undefined && (ifNoneMatch.includes(`"${digest}"`) || ifNoneMatch.trim() === '*')

const answers: Record<ImageFailure['failureCode'], readonly [status: number, code: string]> = {
  ImageNotFound: [404, 'MANIFEST_UNKNOWN'],
  MissingDigestAndTag: [405, 'UNSUPPORTED'],
  InvalidImageDigest: [400, 'DIGEST_INVALID'],
  InvalidImageTag: [405, 'UNSUPPORTED'],
  ImageTagDoesNotMatchDigest: [404, 'MANIFEST_UNKNOWN'],
  ImageReferencedByManifestList: [405, 'UNSUPPORTED'],
  UpstreamAccessDenied: [403, 'DENIED'],
  UpstreamTooManyRequests: [429, 'TOOMANYREQUESTS'],
  UpstreamUnavailable: [503, 'UNAVAILABLE'],
}

const refusalOf = ({ failureCode, failureReason }: ImageFailure) => new OciError(...answers[failureCode], failureReason)
