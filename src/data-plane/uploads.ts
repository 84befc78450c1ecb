import type { IncomingMessage } from 'node:http'
import { ServiceException } from '../registry/errors.js'
import {
  abandonUpload,
  appendPart,
  beginUpload,
  findUpload,
  type UploadSession,
} from '../registry/layers/layer-upload.js'
import { completeUpload } from '../registry/layers/upload-completion.js'
import { isDigest } from '../registry/images/manifest.js'
import { createOnPush } from '../registry/repositories/create-on-push.js'
import { type Call, type DataPlaneDeps, type Endpoint, respond } from './call.js'
import { digestInvalid, OciError } from './oci-errors.js'
import { mountLayer } from './mount.js'
import { requirePermissions } from './permission.js'
import { bodyOf } from './request-body.js'
import { hasBody } from '../server/read-body.js'
import type { WhileLocked } from './upload-locks.js'

/**
 * POST /v2/<name>/blobs/uploads/: opens an upload, takes a whole blob (`?digest=`), or mounts one (`?mount=&from=`).
 */
export const startUpload: Endpoint = async (call, deps) => {
  const { query, registry, repository } = call
  const [digest, mount] = [query.get('digest'), query.get('mount')]
  for (const given of [digest, mount]) if (given !== null && !isDigest(given)) throw digestInvalid(given)
  await createOnPush(call, deps)
  if (mount !== null && (await mountLayer(mount, query.get('from'), call, deps))) return layerCreated(call, mount)
  if (digest !== null) await requirePermissions(['ecr:UploadLayerPart', 'ecr:CompleteLayerUpload'], call, deps)
  const session = { registry, repository, id: deps.ids.uuid() }
  await beginUpload(deps, session, call.now)
  if (digest === null) return respond(call, 202, progress(session, 0))
  await takeWhole(call, session, digest, deps)
  layerCreated(call, digest)
}

/** GET of an upload's location: how many bytes were received. */
export const uploadStatus: Endpoint = async (call, deps) => {
  const session = sessionOf(call)
  const { size } = await findUpload(deps, session)
  respond(call, 204, progress(session, deps.uploadLocks.isLocked(session.id) ? size : await storedSize(session, deps)))
}

/** PATCH: the next chunk, at the position in Content-Range, or at the end. */
export const receiveChunk: Endpoint = async (call, deps) => {
  const session = sessionOf(call)
  const size = await deps.uploadLocks.withLock(session, (whileLocked) => receive(call.req, session, deps, whileLocked))
  respond(call, 202, progress(session, size))
}

/** PUT: an optional last chunk, then the upload becomes a layer. A wrong digest ends the upload. */
export const finishUpload: Endpoint = async (call, deps) => {
  const digest = call.query.get('digest') ?? ''
  if (!isDigest(digest)) throw digestInvalid(digest)
  if (hasBody(call.req)) await requirePermissions(['ecr:UploadLayerPart'], call, deps)
  const session = sessionOf(call)
  await deps.uploadLocks.withLock(session, async (whileLocked) => {
    if (hasBody(call.req)) await receive(call.req, session, deps, whileLocked)
    await completeUpload(deps, session, digest)
  })
  layerCreated(call, digest)
}

/** DELETE: removes the upload and its bytes. */
export const cancelUpload: Endpoint = async (call, deps) => {
  const session = sessionOf(call)
  await deps.uploadLocks.withLock(session, () => abandonUpload(deps, session))
  respond(call, 204, {})
}

const sessionOf = ({ registry, repository, reference }: Call): UploadSession => ({
  registry,
  repository,
  id: reference,
})

/**
 * Receives a whole blob in one request. The client has no location to continue at, so an upload that fails is
 * abandoned.
 */
async function takeWhole({ req }: Call, session: UploadSession, digest: string, deps: DataPlaneDeps): Promise<void> {
  try {
    await appendPart(deps, session, { bytes: bodyOf(req) })
    await completeUpload(deps, session, digest)
  } catch (error) {
    // The upload may have been removed already, or the store may be unavailable. The client should see the first
    // failure.
    await abandonUpload(deps, session).catch(() => {})
    throw error
  }
}

/** Appends the request's body; resolves with the upload's size. */
async function receive(
  req: IncomingMessage,
  session: UploadSession,
  deps: DataPlaneDeps,
  whileLocked: WhileLocked,
): Promise<number> {
  const firstByte = firstByteOf(req)
  try {
    const { size } = await appendPart(deps, session, {
      ...(firstByte !== undefined && { firstByte }),
      bytes: whileLocked(bodyOf(req)),
    })
    return size
  } catch (error) {
    if (!(error instanceof ServiceException) || error.code !== 'InvalidLayerPartException') throw error
    const headers = progress(session, Number(error.details.lastValidByteReceived) + 1)
    throw new OciError(416, 'BLOB_UPLOAD_INVALID', error.message, headers)
  }
}

/** OCI's form `0-99`, and RFC 9110's `bytes 0-99/200`. */
const CONTENT_RANGE = /^(?:bytes )?(\d+)-(\d+)(?:\/(?:\d+|\*))?$/

function firstByteOf({ headers }: IncomingMessage): number | undefined {
  const range = headers['content-range']
  if (range === undefined) return undefined
  const [first, last] = (CONTENT_RANGE.exec(range) ?? []).slice(1).map(Number)
  if (first === undefined || last === undefined || last < first) {
    throw new OciError(400, 'BLOB_UPLOAD_INVALID', `The Content-Range '${range}' is not of the form <first>-<last>`)
  }
  const length = headers['content-length']
  if (length !== undefined && Number(length) !== last - first + 1) {
    throw new OciError(400, 'SIZE_INVALID', `The Content-Range '${range}' does not fit a body of ${length} bytes`)
  }
  return first
}

/** The number of bytes stored, including those that a process received before it was killed and could not record. */
async function storedSize({ id }: UploadSession, { blobs }: DataPlaneDeps): Promise<number> {
  const writer = await blobs.session(id)
  const { size } = writer
  await writer.close()
  return size
}

/** The location is relative, so that it is correct for any host and scheme that clients use. */
const progress = ({ repository, id }: UploadSession, size: number) => ({
  location: `/v2/${repository}/blobs/uploads/${id}`,
  range: `0-${Math.max(0, size - 1)}`,
  'docker-upload-uuid': id,
})

const layerCreated = (call: Call, digest: string) =>
  respond(call, 201, { location: `/v2/${call.repository}/blobs/${digest}`, 'docker-content-digest': digest })
