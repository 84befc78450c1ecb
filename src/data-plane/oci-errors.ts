import { invalidParameterAt, ServiceException } from '../registry/errors.js'
import { layerNotFound } from '../registry/layers/layer-errors.js'
import type { Layer } from '../registry/images/image.js'
import { BlobsUnavailable, NoSpace } from '../registry/ports/blob-store.js'
import { StoreUnavailable } from '../registry/ports/key-value.js'
import { UpstreamFailure } from '../registry/ports/upstream.js'
import type { Registry } from '../registry/registry.js'
import { upstreamFailureReason } from '../registry/cache-rules/upstream-failure-reason.js'

/** A refusal in the registry's own terms, where ECR's API has no exception for it. */
export class OciError extends Error {
  override readonly name = 'OciError'
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly headers: Record<string, string> = {},
    /** Why, in words that no client gets. */
    readonly hint?: string,
  ) {
    super(message)
  }
}

/**
 * ECR's exceptions as the registry answers them: HTTP status and OCI code; the words stay ECR's. A quota is DENIED: clients
 * would wait and try again after a 429, and nothing would change. https://github.com/aws/containers-roadmap/issues/2159
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes
 */
const answers: Record<string, readonly [status: number, code: string]> = {
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

/** An upstream that gave no usable answer, as the client of a first pull meets it. */
const upstreamAnswers = {
  'not-found': [404, 'BLOB_UNKNOWN'],
  'no-route': [404, 'BLOB_UNKNOWN'],
  'access-denied': [403, 'DENIED'],
  'too-many-requests': [429, 'TOOMANYREQUESTS'],
  unavailable: [503, 'UNAVAILABLE'],
} as const

/** A store that fails over is back in seconds. */
const RETRY_AFTER_SECONDS = '2'
/** There is room again as soon as other requests are answered. */
const TRY_AGAIN_SECONDS = '1'

/** How an error goes on the wire; undefined for one that is no refusal but a fault of ours. */
export function ociErrorOf(error: unknown): OciError | undefined {
  if (error instanceof OciError) return error
  if (error instanceof ServiceException) {
    const [status, code] = answers[error.code] ?? [400, 'UNSUPPORTED']
    if (error.code !== 'ThrottlingException') return new OciError(status, code, error.message)
    return new OciError(status, code, error.message, { 'retry-after': TRY_AGAIN_SECONDS })
  }
  if (error instanceof UpstreamFailure) {
    const [status, code] = upstreamAnswers[error.kind]
    return new OciError(status, code, upstreamFailureReason(error))
  }
  if (error instanceof StoreUnavailable || error instanceof BlobsUnavailable)
    return new OciError(503, 'UNAVAILABLE', error.message, { 'retry-after': RETRY_AFTER_SECONDS })
  if (error instanceof NoSpace) return new OciError(507, 'UNAVAILABLE', error.message)
  return undefined
}

/** A blob that is not in the repository: the OCI code, with the words of GetDownloadUrlForLayer. */
export const blobUnknown = ({ digest, repository }: Pick<Layer, 'digest' | 'repository'>, { account }: Registry) =>
  new OciError(404, 'BLOB_UNKNOWN', layerNotFound(digest, repository, account).message)

/** A digest of an unknown algorithm or the wrong length. */
export const digestInvalid = (digest: string) =>
  new OciError(400, 'DIGEST_INVALID', `The digest '${digest}' is not a sha256 or sha512 digest`)

/** A path that names no possible repository: OCI has a code for it, the words are ECR's. */
export const nameInvalid = (constraint: string) =>
  new OciError(400, 'NAME_INVALID', invalidParameterAt('repositoryName', constraint).message)

/** The range asked for lies outside the blob (RFC 9110 section 14.4). */
export const rangeNotSatisfiable = (size: number) =>
  new OciError(416, 'SIZE_INVALID', `The requested range is outside the blob of ${size} bytes`, {
    'content-range': `bytes */${size}`,
  })
