import type { Layer } from '../registry/images/image.js'
import { availableSize } from '../registry/layers/layer-with-bytes.js'
import type { Wait } from '../registry/ports/importer.js'
import type { ByteRange, TakeChunk } from '../registry/ports/blob-store.js'
import { UpstreamFailure } from '../registry/ports/upstream.js'
import type { Registry } from '../registry/registry.js'
import type { DataPlaneDeps } from './call.js'
import { blobUnknown, OciError } from './oci-errors.js'

/** Finds the same layer in another repository that the caller may read, if the upstream does not send it. */
export type FindCopy = () => Promise<Layer | undefined>

/** For layer URLs, which name no caller: a URL is valid only for one layer of one repository. */
export const noCopy: FindCopy = async () => undefined

/** The bytes of a layer: stored, or arriving from its upstream. */
export interface LayerSource {
  readonly size: number
  /**
   * Whether the bytes are stored. If not, the transfer may fail at any byte, and the client then sees a broken
   * connection.
   */
  readonly isStored: boolean
  send(range: ByteRange, take: TakeChunk): Promise<boolean>
}

/** Finds a layer's bytes, or starts to fetch them. Throws BLOB_UNKNOWN, UpstreamFailure, and what `wait` throws. */
export async function openLayer(
  layer: Layer,
  registry: Registry,
  wait: Wait,
  deps: DataPlaneDeps,
  findCopy: FindCopy,
): Promise<LayerSource> {
  const size = await availableSize(layer, deps.blobs)
  if (layer.pulledThrough) deps.metrics.cache('layer', size === undefined ? 'miss' : 'hit')
  if (size !== undefined) return storedSource(layer.digest, size, deps)
  try {
    return await wait(() => fillSource(layer, registry, deps))
  } catch (error) {
    const isRefused = error instanceof UpstreamFailure || error instanceof OciError
    const copy = isRefused && layer.pulledThrough ? await findCopy() : undefined
    const copySize = copy && (await availableSize(copy, deps.blobs))
    if (copySize === undefined) throw error
    return storedSource(layer.digest, copySize, deps)
  }
}

const storedSource = (digest: string, size: number, { blobs }: DataPlaneDeps): LayerSource => ({
  size,
  isStored: true,
  send: (range, take) => blobs.send(digest, range, take),
})

async function fillSource(layer: Layer, registry: Registry, { pullThrough }: DataPlaneDeps): Promise<LayerSource> {
  const fill = layer.pulledThrough ? await pullThrough.fillLayer(registry, layer) : undefined
  if (!fill) throw blobUnknown(layer, registry)
  await fill.started()
  return { size: fill.size, isStored: false, send: (range, take) => fill.send(range, take) }
}
