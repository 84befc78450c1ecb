import type { ServerResponse } from 'node:http'
import { repositoryNotFound } from '../registry/errors.js'
import type { Layer } from '../registry/images/image.js'
import { layerWithBytes, availableSize } from '../registry/layers/layer-with-bytes.js'
import type { Wait } from '../registry/ports/importer.js'
import { isDigest } from '../registry/images/manifest.js'
import { BlobDamaged, type ByteRange, type TakeChunk } from '../registry/ports/blob-store.js'
import type { PullSource } from '../registry/ports/statistics-recorder.js'
import { keyOf } from '../registry/ports/store.js'
import type { Registry } from '../registry/registry.js'
import { byteRange } from './byte-range.js'
import { COMMON_HEADERS, type Call, type DataPlaneDeps, type Endpoint, respond } from './call.js'
import { blobUnknown, digestInvalid, OciError } from './oci-errors.js'
import { type FindCopy, noCopy, openLayer } from './layer-source.js'
import { readableLayer } from './readable-layer.js'

/** GET /v2/<name>/blobs/<digest>: sends a stored layer, or one that is being fetched from its upstream. */
export const getBlob: Endpoint = async (call, deps) => {
  const layer = await findLayer(call.registry, call.repository, call.reference, deps)
  const { registry, repository, principal } = call
  await sendLayer(call, layer, registry, deps, {
    countSent: (bytes, source) =>
      deps.pullSessions.layer({ registry, repository, principal: principal.arn }, bytes, source),
    findCopy: () => readableLayer(layer.digest, call, deps),
  })
}

/**
 * HEAD /v2/<name>/blobs/<digest>. A layer that is still being fetched counts as existing, with the size stated in its
 * manifest. A stored layer is pinned for a while, because clients do not upload a layer that exists.
 */
export const headBlob: Endpoint = async (call, deps) => {
  const { registry, repository, reference } = call
  const stored = isDigest(reference) ? await layerWithBytes(deps, registry, repository, reference) : undefined
  if (stored) return respond(call, 200, headersOf(stored.digest, stored.size))
  const layer = await findLayer(registry, repository, reference, deps)
  await answerHead(call, layer, registry, deps, () => readableLayer(layer.digest, call, deps))
}

/** Answers with the headers of a layer, even if GET would redirect. Throws BLOB_UNKNOWN. */
export async function answerHead(
  call: Pick<Call, 'req' | 'res' | 'wait'>,
  layer: Layer,
  registry: Registry,
  deps: DataPlaneDeps,
  findCopy = noCopy,
): Promise<void> {
  const { digest } = layer
  const size =
    (await availableSize(layer, deps.blobs)) ?? (await sizeBeforeFetch(layer, registry, call.wait, deps, findCopy))
  if (size === undefined) throw blobUnknown(layer, registry)
  respond(call, 200, headersOf(digest, size))
}

/** The size of a layer whose bytes are not stored, if its upstream has it or another repository has a copy. */
async function sizeBeforeFetch(
  layer: Layer,
  registry: Registry,
  wait: Wait,
  { pullThrough, blobs }: DataPlaneDeps,
  findCopy: FindCopy,
) {
  if (!layer.pulledThrough) return undefined
  if (await wait(() => pullThrough.canFillLayer(registry, layer))) return layer.size
  const other = await findCopy()
  return other && availableSize(other, blobs)
}

/** DELETE /v2/<name>/blobs/<digest>: ECR removes layers together with their images. */
export const deleteBlob: Endpoint = async () => {
  throw new OciError(405, 'UNSUPPORTED', 'The operation is unsupported.')
}

/** The layer's record in its repository. Throws BLOB_UNKNOWN, NAME_UNKNOWN, DIGEST_INVALID. */
export async function findLayer(
  registry: Registry,
  repository: string,
  digest: string,
  { store }: DataPlaneDeps,
): Promise<Layer> {
  if (!isDigest(digest)) throw digestInvalid(digest)
  const layer = await store.layers.get(registry, keyOf(repository, digest))
  if (layer) return layer
  if (!(await store.repositories.get(registry, repository))) throw repositoryNotFound(repository, registry.account)
  throw blobUnknown({ digest, repository }, registry)
}

/** What sending a layer needs in addition for an authenticated caller. */
interface Delivery {
  /** Counts the bytes that were sent, and where they came from. */
  readonly countSent?: (bytes: number, source: PullSource) => void
  readonly findCopy?: FindCopy
}

/**
 * How long a redirect is valid: as long as URLs of GetDownloadUrlForLayer, so that a client can finish a large layer.
 */
const LOCATION_SECONDS = 3600

/**
 * Sends a layer, or the requested range of it. A layer that is not stored yet is sent as it arrives. If the blob store
 * has a URL for clients, redirects to it with 307, as ECR does to its bucket, which then serves any range.
 */
export async function sendLayer(
  { req, res, wait }: Pick<Call, 'req' | 'res' | 'wait'>,
  layer: Layer,
  registry: Registry,
  deps: DataPlaneDeps,
  delivery: Delivery = {},
): Promise<void> {
  const { countSent = () => {}, findCopy = noCopy } = delivery
  const source = await openLayer(layer, registry, wait, deps, findCopy)
  const { size } = source
  const location = source.isStored ? await deps.blobs.locationOf?.(layer.digest, LOCATION_SECONDS) : undefined
  if (location !== undefined) {
    countSent(size, 'cache')
    return respond({ req, res }, 307, { location, 'docker-content-digest': layer.digest })
  }
  const range = byteRange(req.headers.range, size)
  if (size === 0) return respond({ req, res }, 200, headersOf(layer.digest, size))

  const begin = () => res.headersSent || writeHead(res, layer.digest, size, range)
  if (!source.isStored) begin()
  const take: TakeChunk = (chunk) => {
    begin()
    countSent(chunk.length, source.isStored ? 'cache' : 'upstream')
    return writeChunk(res, chunk)
  }
  const outcome = await source.send(range ?? { start: 0, end: size - 1 }, take).catch((err: unknown) => {
    if (!res.headersSent && err instanceof BlobDamaged) return 'damaged'
    if (!res.headersSent) throw err
    deps.log.debug({ err, digest: layer.digest }, 'a layer was not sent completely')
    res.destroy()
    return true
  })
  // The damaged bytes were removed: fetch the layer from its upstream, or report that it is missing.
  if (outcome === 'damaged') return sendLayer({ req, res, wait }, layer, registry, deps, delivery)
  if (!outcome) throw blobUnknown(layer, registry)
  res.end()
}

function writeHead(res: ServerResponse, digest: string, size: number, range: ByteRange | undefined): void {
  const headers = headersOf(digest, size)
  if (!range) return void res.writeHead(200, headers)
  const { start, end } = range
  const ofRange = { 'content-length': end - start + 1, 'content-range': `bytes ${start}-${end}/${size}` }
  res.writeHead(206, { ...headers, ...ofRange })
}

/**
 * Resolves when the socket has accepted the bytes. Rejects when the client disconnects, because `write` may then never
 * call back.
 */
function writeChunk(res: ServerResponse, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = () => reject(new Error('The client disconnected'))
    if (res.destroyed) return onClose()
    res.once('close', onClose)
    res.write(chunk, (error) => {
      res.off('close', onClose)
      if (error) reject(error)
      else resolve()
    })
  })
}

const headersOf = (digest: string, size: number) => ({
  'content-type': 'application/octet-stream',
  'content-length': size,
  'docker-content-digest': digest,
  'accept-ranges': 'bytes',
  etag: `"${digest}"`,
  'cache-control': 'max-age=31536000, immutable',
  ...COMMON_HEADERS,
})
