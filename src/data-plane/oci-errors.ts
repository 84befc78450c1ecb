import { invalidParameterAt, ServiceException } from '../registry/errors.js'
import { layerNotFound } from '../registry/layers/layer-errors.js'
import type { Layer } from '../registry/images/image.js'
import { BlobsUnavailable, NoSpace } from '../registry/ports/blob-store.js'
import { StoreUnavailable } from '../registry/ports/key-value.js'
import { UpstreamFailure } from '../registry/ports/upstream.js'
import type { Registry } from '../registry/registry.js'
import { upstreamFailureReason } from '../registry/cache-rules/upstream-failure-reason.js'

/** An error in the terms of the OCI specification, for refusals that have no exception in ECR's API. */
export class OciError extends Error {
  override readonly name = 'OciError'
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly headers: Record<string, string> = {},
    /** The reason, for the decision log. It is not sent to the client. */
    readonly hint?: string,
  ) {
    super(message)
  }
}

/**
 * ECR's exceptions as the registry answers them: HTTP status and OCI code; the messages stay ECR's. An exceeded quota
 * is DENIED, because after a 429 clients would wait and retry in vain.
 * https://github.com/aws/containers-roadmap/issues/2159
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes
 */
const exceptionCodes: Record<string, readonly [status: number, code: string]> = {
  AccessDeniedException: [403, 'DENIED'],
  EmptyUploadException: [400, 'BLOB_UPLOAD_INVALID'],
  ImageAlreadyExistsException: [409, 'MANIFEST_INVALID'],
  ImageDigestDoesNotMatchException: [400, 'MANIFEST_INVALID'],
  ImageNotFoundException: [404, 'MANIFEST_UNKNOWN'],
  ImageTagAlreadyExistsException: [400, 'TAG_INVALID'],
  InvalidLayerException: [400, 'BLOB_UPLOAD_INVALID'],
  InvalidLayerPartException: [416, 'BLOB_UPLOAD_INVALID'],
  InvalidParameterException: [405, 'UNSUPPORTED'],
  LayersNotFoundException: [404, 'BLOB_UPLOAD_UNKNOWN'],
  LimitExceededException: [403, 'DENIED'],
  ReferencedImagesNotFoundException: [404, 'MANIFEST_BLOB_UNKNOWN'],
  RepositoryNotFoundException: [404, 'NAME_UNKNOWN'],
  ServerException: [503, 'UNAVAILABLE'],
  ThrottlingException: [429, 'TOOMANYREQUESTS'],
  UploadNotFoundException: [404, 'BLOB_UPLOAD_UNKNOWN'],
}

/** The answers to a first pull whose upstream fails. */
const upstreamCodes = {
  'not-found': [404, 'BLOB_UNKNOWN'],
  'no-route': [404, 'BLOB_UNKNOWN'],
  'access-denied': [403, 'DENIED'],
  'too-many-requests': [429, 'TOOMANYREQUESTS'],
  unavailable: [503, 'UNAVAILABLE'],
} as const

/** A store that fails over is back in seconds. */
const RETRY_AFTER_SECONDS = '2'
/** A permit or memory is free again as soon as other requests are answered. */
const THROTTLED_RETRY_SECONDS = '1'

/** The OCI form of an error; undefined for an unexpected failure of the emulator. */
export function ociErrorOf(error: unknown): OciError | undefined {
  if (error instanceof OciError) return error
  if (error instanceof ServiceException) {
    const [status, code] = exceptionCodes[error.code] ?? [400, 'UNSUPPORTED']
    if (error.code !== 'ThrottlingException') return new OciError(status, code, error.message)
    return new OciError(status, code, error.message, { 'retry-after': THROTTLED_RETRY_SECONDS })
  }
  if (error instanceof UpstreamFailure) {
    const [status, code] = upstreamCodes[error.kind]
    return new OciError(status, code, upstreamFailureReason(error))
  }
  if (error instanceof StoreUnavailable || error instanceof BlobsUnavailable)
    return new OciError(503, 'UNAVAILABLE', error.message, { 'retry-after': RETRY_AFTER_SECONDS })
  if (error instanceof NoSpace) return new OciError(507, 'UNAVAILABLE', error.message)
  return undefined
}

/** A blob that is not in the repository: the OCI code, with the message of GetDownloadUrlForLayer. */
export const blobUnknown = ({ digest, repository }: Pick<Layer, 'digest' | 'repository'>, { account }: Registry) =>
  new OciError(404, 'BLOB_UNKNOWN', layerNotFound(digest, repository, account).message)

/** A digest of an unknown algorithm or the wrong length. */
export const digestInvalid = (digest: string) =>
  new OciError(400, 'DIGEST_INVALID', `The digest '${digest}' is not a sha256 or sha512 digest`)

/** A path with an impossible repository name: an OCI code with ECR's message. */
export const nameInvalid = (constraint: string) =>
  new OciError(400, 'NAME_INVALID', invalidParameterAt('repositoryName', constraint).message)

/** The requested range lies outside the blob (RFC 9110 section 14.4). */
export const rangeNotSatisfiable = (size: number) =>
  new OciError(416, 'SIZE_INVALID', `The requested range is outside the blob of ${size} bytes`, {
    'content-range': `bytes */${size}`,
  })
