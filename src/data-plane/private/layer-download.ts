import { readDownloadUrl } from '../../access/download-url.js'
import type { RequestPermit } from '../../server/request-limits.js'
import { answerHead, findLayer, sendLayer } from '../blobs.js'
import type { Call, DataPlaneDeps } from '../call.js'
import { OciError } from '../oci-errors.js'

/** GET of a URL that GetDownloadUrlForLayer answered: the signature in it is the permission. */
export async function getLayer(
  call: Pick<Call, 'req' | 'res' | 'query' | 'now'> & { readonly place: RequestPermit },
  deps: DataPlaneDeps,
): Promise<void> {
  if (call.req.method !== 'GET' && call.req.method !== 'HEAD') {
    throw new OciError(405, 'UNSUPPORTED', 'The operation is unsupported.', { allow: 'GET, HEAD' })
  }
  const grant = readDownloadUrl(call.query, { now: call.now, wall: deps.clock.wall() }, deps.secret)
  if (!grant) throw new OciError(403, 'DENIED', 'The layer URL is not valid or has expired. Request a new one.')
  call.place.chargeToAccount(grant.registry.account)
  const layer = await findLayer(grant.registry, grant.repository, grant.digest, deps)
  const answer = call.req.method === 'HEAD' ? answerHead : sendLayer
  await answer({ ...call, wait: call.place.wait }, layer, grant.registry, deps)
}
