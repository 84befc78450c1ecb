import type { LayerGrant } from '../../access/download-url.js'
import { answerHead, findLayer, sendLayer } from '../blobs.js'
import type { DataPlaneDeps, DataPlaneRequest } from '../call.js'

/** GET and HEAD of a URL that GetDownloadUrlForLayer returned. */
export async function downloadLayer(
  { req, res, permit }: DataPlaneRequest,
  { registry, repository, digest }: LayerGrant,
  deps: DataPlaneDeps,
): Promise<void> {
  const layer = await findLayer(registry, repository, digest, deps)
  const call = { req, res, wait: permit.wait }
  if (req.method === 'HEAD') return answerHead(call, layer, registry, deps)
  await sendLayer(call, layer, registry, deps, {
    countSent: (bytes, source) => deps.statistics.sent(registry, source, bytes),
  })
}
