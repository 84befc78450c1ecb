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
  const answer = req.method === 'HEAD' ? answerHead : sendLayer
  await answer({ req, res, wait: permit.wait }, layer, registry, deps)
}
