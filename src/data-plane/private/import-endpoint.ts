import { ServiceException } from '../../registry/errors.js'
import type { RequestPermit } from '../../server/request-limits.js'
import type { Wait } from '../../registry/ports/importer.js'
import type { Importer, PullRequest } from '../../registry/ports/importer.js'
import { type Call, type DataPlaneDeps, respond } from '../call.js'
import { smallBody } from '../request-body.js'

/** Requests are a few names long. */
const MAX_BODY_BYTES = 64 * 1024

/**
 * POST /_imports: a control plane in another process has an image pulled or imported. Throws 403 for any other caller.
 */
export async function takeImport(
  { req, res, place }: Pick<Call, 'req' | 'res'> & { readonly place: RequestPermit },
  deps: DataPlaneDeps,
): Promise<void> {
  // Until its signature is known the request is anybody's: bodies that never end take places from their own address.
  place.chargeToAccount(req.socket.remoteAddress ?? '')
  const body = await smallBody({ req, res }, MAX_BODY_BYTES, deps)
  deps.controlPlane.require(req, body)
  const { method, wanted } = JSON.parse(body.toString('utf8')) as { method: keyof Importer; wanted: PullRequest }
  place.chargeToAccount(wanted.principal.account)
  const outcome = await reply(method, wanted, place.wait, deps)
  respond({ req, res }, 200, { 'content-type': 'application/json' }, JSON.stringify(outcome))
}

async function reply(
  method: keyof Importer,
  wanted: PullRequest,
  wait: Wait,
  { pullThrough, decisions }: DataPlaneDeps,
) {
  try {
    const isPull = method === 'pull'
    return { outcome: await (isPull ? pullThrough.pull(wanted, wait) : pullThrough.importImage(wanted, wait)) }
  } catch (error) {
    if (!(error instanceof ServiceException)) throw error
    const refusal = { code: error.code, message: error.message }
    // What was decided for the other process is known here alone: so is that it was the reason for the refusal.
    const { at, requestId } = wanted.request
    decisions.ended(requestId, { at, plane: 'data', operation: `${method} ${wanted.repository}`, refusal })
    return { refusal }
  }
}
