import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { repositoryNotFound } from '../registry/errors.js'
import type { Layer } from '../registry/image.js'
import { isDigest } from '../registry/manifest.js'
import type { ByteRange } from '../registry/ports/blob-store.js'
import { keyOf } from '../registry/ports/store.js'
import type { Registry } from '../registry/registry.js'
import { byteRange } from './byte-range.js'
import { type Call, type DataPlaneDeps, type Endpoint, respond } from './call.js'
import { blobUnknown, digestInvalid, OciError } from './errors.js'

/** GET /v2/<name>/blobs/<digest>: from the cache, or through it as it fills. */
export const getBlob: Endpoint = async (call, deps) => {
  const layer = await findLayer(call.registry, call.repository, call.reference, deps)
  await sendLayer(call, layer, call.registry, deps)
}

/** HEAD /v2/<name>/blobs/<digest>: a layer still on its way is there, with the size its manifest gives. */
export const headBlob: Endpoint = async (call, deps) => {
  const layer = await findLayer(call.registry, call.repository, call.reference, deps)
  const size = (await deps.blobs.size(layer.digest)) ?? (layer.pulledThrough ? layer.size : undefined)
  if (size === undefined) throw blobUnknown(layer.digest)
  respond(call, 200, headersOf(layer.digest, size))
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
  throw blobUnknown(digest)
}

/** Sends a layer, or the one range asked for; a layer that is not here yet is sent as it arrives. */
export async function sendLayer(
  { req, res }: Pick<Call, 'req' | 'res'>,
  layer: Layer,
  registry: Registry,
  deps: DataPlaneDeps,
): Promise<void> {
  const opened = await openLayer(layer, registry, deps)
  const { size } = opened
  const range = byteRange(req.headers.range, size)
  const headers = headersOf(layer.digest, size)
  if (size === 0) return respond({ req, res }, 200, headers)

  const body = await opened.open(range ?? { start: 0, end: size - 1 })
  if (range) {
    const { start, end } = range
    res.writeHead(206, {
      ...headers,
      'content-length': end - start + 1,
      'content-range': `bytes ${start}-${end}/${size}`,
    })
  } else res.writeHead(200, headers)
  await pipeline(body, res).catch((err: unknown) =>
    deps.log.debug({ err, digest: layer.digest }, 'a layer was not sent whole'),
  )
}

interface OpenLayer {
  size: number
  open(range: ByteRange): Promise<Readable>
}

async function openLayer(layer: Layer, registry: Registry, deps: DataPlaneDeps): Promise<OpenLayer> {
  const { digest } = layer
  const size = await deps.blobs.size(digest)
  if (size !== undefined) {
    return {
      size,
      async open(range) {
        const body = await deps.blobs.open(digest, range)
        if (!body) throw blobUnknown(digest)
        return body
      },
    }
  }
  const fill = layer.pulledThrough ? await deps.pullThrough.layer(registry, layer) : undefined
  if (!fill) throw blobUnknown(digest)
  await fill.started
  return { size: fill.size, open: async (range) => fill.open(range) }
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
