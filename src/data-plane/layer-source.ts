import type { Layer } from '../registry/images/image.js'
import { sizeOfBytes } from '../registry/layers/layer-with-bytes.js'
import type { Wait } from '../registry/ports/importer.js'
import type { ByteRange, TakeChunk } from '../registry/ports/blob-store.js'
import { UpstreamFailure } from '../registry/ports/upstream.js'
import type { Registry } from '../registry/registry.js'
import type { DataPlaneDeps } from './call.js'
import { blobUnknown, OciError } from './oci-errors.js'

/** Finds the same layer where the caller may read it, for one that its upstream does not give. */
export type FindCopy = () => Promise<Layer | undefined>

/** For the URL of a layer, which names no caller: it is good for that layer of that repository. */
export const noCopy: FindCopy = async () => undefined

/** Where the bytes of a layer come from: they are here, or on their way. */
export interface LayerSource {
  readonly size: number
  /** What is still arriving may fail at any byte, the first too: its clients are told by a broken connection. */
  readonly isKept: boolean
  send(range: ByteRange, take: TakeChunk): Promise<boolean>
}

/** Finds a layer's bytes, or begins to fetch them. Throws BLOB_UNKNOWN, UpstreamFailure, and what `wait` throws. */
export async function sourceOf(
  layer: Layer,
  registry: Registry,
  wait: Wait,
  deps: DataPlaneDeps,
  findCopy: FindCopy,
): Promise<LayerSource> {
  const size = await sizeOfBytes(layer, deps.blobs)
  if (layer.pulledThrough) deps.metrics.cache('layer', size === undefined ? 'miss' : 'hit')
  if (size !== undefined) return keptSource(layer.digest, size, deps)
  try {
    return await wait(() => fillSource(layer, registry, deps))
  } catch (error) {
    const isNotGiven = error instanceof UpstreamFailure || error instanceof OciError
    const other = isNotGiven && layer.pulledThrough ? await findCopy() : undefined
    const otherSize = other && (await sizeOfBytes(other, deps.blobs))
    if (otherSize === undefined) throw error
    return keptSource(layer.digest, otherSize, deps)
  }
}

const keptSource = (digest: string, size: number, { blobs }: DataPlaneDeps): LayerSource => ({
  ...{ size, isKept: true },
  send: (range, take) => blobs.send(digest, range, take),
})

async function fillSource(layer: Layer, registry: Registry, { pullThrough }: DataPlaneDeps): Promise<LayerSource> {
  const fill = layer.pulledThrough ? await pullThrough.layer(registry, layer) : undefined
  if (!fill) throw blobUnknown(layer, registry)
  await fill.started
  return { size: fill.size, isKept: false, send: (range, take) => fill.send(range, take) }
}
