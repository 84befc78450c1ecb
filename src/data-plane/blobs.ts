import type { ServerResponse } from 'node:http'
import { repositoryNotFound } from '../registry/errors.js'
import type { Layer } from '../registry/images/image.js'
import { layerWithBytes, availableSize } from '../registry/layers/layer-with-bytes.js'
import type { Wait } from '../registry/ports/importer.js'
import { isDigest } from '../registry/images/manifest.js'
import { BlobDamaged, type ByteRange, type TakeChunk } from '../registry/ports/blob-store.js'
import { keyOf } from '../registry/ports/store.js'
import type { Registry } from '../registry/registry.js'
import { byteRange } from './byte-range.js'
import { type Call, type DataPlaneDeps, type Endpoint, respond } from './call.js'
import { blobUnknown, digestInvalid, OciError } from './oci-errors.js'
import { type FindCopy, noCopy, openLayer } from './layer-source.js'
import type { PullSource } from './pull-sessions.js'
import { readableLayer } from './readable-layer.js'

/** GET /v2/<name>/blobs/<digest>: from the cache, or through it fills. */
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
 * HEAD /v2/<name>/blobs/<digest>. A layer that is still being fetched exists, with the size its manifest gives. Finding a
 * stored layer pins it for a while, because clients do not upload what exists.
 */
export const headBlob: Endpoint = async (call, deps) => {
  const { registry, repository, reference } = call
  const stored = isDigest(reference) ? await layerWithBytes(deps, registry, repository, reference) : undefined
  if (stored) return respond(call, 200, headersOf(stored.digest, stored.size))
  const layer = await findLayer(registry, repository, reference, deps)
  await answerHead(call, layer, registry, deps, () => readableLayer(layer.digest, call, deps))
}

/** Answers with the headers of a layer, also where GET redirects to another place. Throws BLOB_UNKNOWN. */
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

/** The size of a layer without stored bytes that its upstream, or a copy, can give. */
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

/** What sending a layer adds for an authenticated caller. */
interface Delivery {
  /** Counts the bytes that went out, and where they came from. */
  readonly countSent?: (bytes: number, source: PullSource) => void
  readonly findCopy?: FindCopy
}

/** As long as the URLs of GetDownloadUrlForLayer are good, so that a client can finish a large layer. */
const LOCATION_SECONDS = 3600

/**
 * Sends a layer, or the one range of it that is requested; a layer that is not stored yet is sent as it arrives. Where the
 * blob store has a URL for clients, redirects there with 307, as ECR does to its bucket, and leaves ranges to the bucket.
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
    return written(res, chunk)
  }
  const outcome = await source.send(range ?? { start: 0, end: size - 1 }, take).catch((err: unknown) => {
    if (!res.headersSent && err instanceof BlobDamaged) return 'damaged'
    if (!res.headersSent) throw err
    deps.log.debug({ err, digest: layer.digest }, 'a layer was not sent whole')
    res.destroy()
    return true
  })
  // The damaged bytes were removed: fetch the layer from its upstream, or find that it is gone.
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

/** Resolves when the socket has taken the bytes; rejects when the client leaves, for which `write` may never call back. */
function written(res: ServerResponse, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = () => reject(new Error('The client went away'))
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
  'docker-distribution-api-version': 'registry/2.0',
})
