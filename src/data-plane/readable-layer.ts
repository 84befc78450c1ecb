import { isAllowed } from '../access/authorize.js'
import type { Layer } from '../registry/images/image.js'
import { isOfRepository, sizeOfBytes } from '../registry/layers/layer-with-bytes.js'
import { listEach } from '../registry/list-records.js'
import { keyOf } from '../registry/ports/store.js'
import type { Repository } from '../registry/repositories/repository.js'
import { yieldToEventLoop } from '../coordination/event-loop.js'
import type { Call, DataPlaneDeps } from './call.js'
import { permissionFor } from './permission.js'

/** Repositories looked at together. */
const TOGETHER = 200

/**
 * The same layer in another repository of the registry whose layers the caller may download, with its bytes: for a layer
 * of the cache that its upstream does not give. Who may read the bytes there gets nothing here that was not theirs.
 */
export async function readableLayer(digest: string, call: Call, deps: DataPlaneDeps): Promise<Layer | undefined> {
  // Without bytes there is nothing to look for.
  if ((await deps.blobs.size(digest)) === undefined) return undefined
  let group: Repository[] = []
  const repositories = listEach(deps.store.repositories, call.registry, { firstPage: TOGETHER })
  for await (const repository of repositories) {
    if (group.push(repository) < TOGETHER) continue
    const found = await readableIn(group, digest, call, deps)
    if (found) return found
    group = []
    await yieldToEventLoop()
  }
  return readableIn(group, digest, call, deps)
}

async function readableIn(repositories: Repository[], digest: string, call: Call, deps: DataPlaneDeps) {
  const layers = await Promise.all(
    repositories.map(({ name }) => deps.store.layers.get(call.registry, keyOf(name, digest))),
  )
  for (const layer of layers) {
    if (!layer || !isOfRepository(layer) || (await sizeOfBytes(layer, deps.blobs)) === undefined) continue
    const reading = permissionFor('ecr:GetDownloadUrlForLayer', { ...call, repository: layer.repository })
    if (await isAllowed(deps.authorize, reading)) return layer
  }
  return undefined
}
