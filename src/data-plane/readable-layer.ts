import { isAllowed } from '../access/authorize.js'
import type { Layer } from '../registry/images/image.js'
import { belongsToRepository, availableSize } from '../registry/layers/layer-with-bytes.js'
import { listEach } from '../registry/list-records.js'
import { keyOf } from '../registry/ports/store.js'
import type { Repository } from '../registry/repositories/repository.js'
import { yieldToEventLoop } from '../coordination/event-loop.js'
import type { Call, DataPlaneDeps } from './call.js'
import { permissionFor } from './permission.js'

/** How many repositories' records are read together. */
const GROUP_SIZE = 200

/**
 * The same layer, with stored bytes, in another repository of the registry that the caller may download from. Used for
 * a pulled-through layer that its upstream does not send. The caller gets only bytes that it could also download there.
 */
export async function readableLayer(digest: string, call: Call, deps: DataPlaneDeps): Promise<Layer | undefined> {
  // If the blob store does not have the bytes, no repository does.
  if ((await deps.blobs.size(digest)) === undefined) return undefined
  let group: Repository[] = []
  const repositories = listEach(deps.store.repositories, call.registry, { firstPage: GROUP_SIZE })
  for await (const repository of repositories) {
    if (group.push(repository) < GROUP_SIZE) continue
    const layer = await readableIn(group, digest, call, deps)
    if (layer) return layer
    group = []
    await yieldToEventLoop()
  }
  return readableIn(group, digest, call, deps)
}

async function readableIn(repositories: Repository[], digest: string, call: Call, deps: DataPlaneDeps) {
  const layers = await Promise.all(
    repositories.map(async ({ name }) => deps.store.layers.get(call.registry, keyOf(name, digest))),
  )
  for (const layer of layers) {
    if (!layer || !belongsToRepository(layer) || (await availableSize(layer, deps.blobs)) === undefined) continue
    const reading = permissionFor('ecr:GetDownloadUrlForLayer', { ...call, repository: layer.repository })
    if (await isAllowed(deps.authorize, reading)) return layer
  }
  return undefined
}
