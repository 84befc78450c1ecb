import type { ServerResponse } from 'node:http'
import { repositoryNotFound } from '../registry/errors.js'
import type { Layer } from '../registry/images/image.js'
import { layerWithBytes, sizeOfBytes } from '../registry/layers/layer-with-bytes.js'
import type { Wait } from '../registry/ports/importer.js'
import { isDigest } from '../registry/images/manifest.js'
import { BlobDamaged, type ByteRange, type TakeChunk } from '../registry/ports/blob-store.js'
import { keyOf } from '../registry/ports/store.js'
import type { Registry } from '../registry/registry.js'
import { byteRange } from './byte-range.js'
import { type Call, type DataPlaneDeps, type Endpoint, respond } from './call.js'
import { blobUnknown, digestInvalid, OciError } from './oci-errors.js'
import { type FindCopy, noCopy, sourceOf } from './layer-source.js'
import type { PullSource } from './pull-sessions.js'
import { readableLayer } from './readable-layer.js'

/** GET /v2/<name>/blobs/<digest>: from the cache, or through it as it fills. */
export const getBlob: Endpoint = async (call, deps) => {
  const layer = await findLayer(call.registry, call.repository, call.reference, deps)
  const { registry, repository, principal } = call
  await sendLayer(call, layer, registry, deps, {
    sent: (bytes, source) => deps.pullSessions.layer({ registry, repository, principal: principal.arn }, bytes, source),
    findCopy: () => readableLayer(layer.digest, call, deps),
  })
}

/**
 * HEAD /v2/<name>/blobs/<digest>: a layer still on its way is there, with the size its manifest gives. Clients do not
 * upload what they are told is there: it stays for a while.
 */
export const headBlob: Endpoint = async (call, deps) => {
  const { registry, repository, reference } = call
  const kept = isDigest(reference) ? await layerWithBytes(deps, registry, repository, reference) : undefined
  if (kept) return respond(call, 200, headersOf(kept.digest, kept.size))
  const layer = await findLayer(registry, repository, reference, deps)
  await answerHead(call, layer, registry, deps, () => readableLayer(layer.digest, call, deps))
}

/** Says what a layer is like: always from here, wherever clients fetch its bytes. Throws BLOB_UNKNOWN. */
export async function answerHead(
  call: Pick<Call, 'req' | 'res' | 'wait'>,
  layer: Layer,
  registry: Registry,
  deps: DataPlaneDeps,
  findCopy = noCopy,
): Promise<void> {
  const { digest } = layer
  const size = (await sizeOfBytes(layer, deps.blobs)) ?? (await sizeToCome(layer, registry, call.wait, deps, findCopy))
  if (size === undefined) throw blobUnknown(layer, registry)
  respond(call, 200, headersOf(digest, size))
}

async function sizeToCome(
  layer: Layer,
  registry: Registry,
  wait: Wait,
  { pullThrough, blobs }: DataPlaneDeps,
  findCopy: FindCopy,
) {
  if (!layer.pulledThrough) return undefined
  if (await wait(() => pullThrough.isToCome(registry, layer))) return layer.size
  const other = await findCopy()
  return other && sizeOfBytes(other, blobs)
}

/** DELETE /v2/<name>/blobs/<digest>: in ECR layers go with their images. */
export const deleteBlob: Endpoint = async () => {
  throw new OciError(405, 'UNSUPPORTED', 'The operation is unsupported.')
}

/** The record that says this repository has this layer. Throws BLOB_UNKNOWN, NAME_UNKNOWN, DIGEST_INVALID. */
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

/** What goes with sending a layer to a caller who is known. */
interface Delivery {
  /** Told how many bytes went out, and where they came from. */
  readonly sent?: (bytes: number, source: PullSource) => void
  readonly findCopy?: FindCopy
}

/** As long as the URLs of GetDownloadUrlForLayer live: what a client has begun to fetch it may finish. */
const LOCATION_SECONDS = 3600

/**
 * Sends a layer, or the one range asked for; a layer that is not here yet is sent as it arrives. Where clients can fetch it
 * themselves they are told where: a 307, as ECR answers with a URL of its bucket. A range is then the bucket's matter.
 */
export async function sendLayer(
  { req, res, wait }: Pick<Call, 'req' | 'res' | 'wait'>,
  layer: Layer,
  registry: Registry,
  deps: DataPlaneDeps,
  delivery: Delivery = {},
): Promise<void> {
  const { sent = () => {}, findCopy = noCopy } = delivery
  const source = await sourceOf(layer, registry, wait, deps, findCopy)
  const { size } = source
  const location = source.isKept ? await deps.blobs.locationOf(layer.digest, LOCATION_SECONDS) : undefined
  if (location !== undefined) {
    sent(size, 'cache')
    return respond({ req, res }, 307, { location, 'docker-content-digest': layer.digest })
  }
  const range = byteRange(req.headers.range, size)
  if (size === 0) return respond({ req, res }, 200, headersOf(layer.digest, size))

  const begin = () => res.headersSent || writeHead(res, layer.digest, size, range)
  if (!source.isKept) begin()
  const take: TakeChunk = (chunk) => {
    begin()
    sent(chunk.length, source.isKept ? 'cache' : 'upstream')
    return written(res, chunk)
  }
  const outcome = await source.send(range ?? { start: 0, end: size - 1 }, take).catch((err: unknown) => {
    if (!res.headersSent && err instanceof BlobDamaged) return 'damaged'
    if (!res.headersSent) throw err
    deps.log.debug({ err, digest: layer.digest }, 'a layer was not sent whole')
    res.destroy()
    return true
  })
  // The damaged bytes are gone: the upstream has others, or the layer is not here.
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

/** Resolves when the socket is done with the bytes; a client that leaves never lets it be. */
function written(res: ServerResponse, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const left = () => reject(new Error('The client went away'))
    if (res.destroyed) return left()
    res.once('close', left)
    res.write(chunk, (error) => {
      res.off('close', left)
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
