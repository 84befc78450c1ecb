import { ServiceException } from '../../registry/errors.js'
import type { Importer, PullRequest, Wait } from '../../registry/ports/importer.js'
import { type DataPlaneDeps, type DataPlaneRequest, respond } from '../call.js'

/** The body of an import contains only a few names. */
export const MAX_IMPORT_BYTES = 64 * 1024

/** POST /_imports: lets a control plane in another process pull or import an image. */
export async function importForControlPlane(
  { req, res, permit }: DataPlaneRequest,
  body: Buffer,
  deps: DataPlaneDeps,
): Promise<void> {
  // The import takes minutes before there is anything to answer.
  req.socket.setTimeout(0)
  const { method, wanted: pullRequest } = JSON.parse(body.toString('utf8')) as {
    method: keyof Importer
    wanted: PullRequest
  }
  permit.chargeToAccount(pullRequest.principal.account)
  const outcome = await importOutcome(method, pullRequest, permit.wait, deps)
  respond({ req, res }, 200, { 'content-type': 'application/json' }, JSON.stringify(outcome))
}

async function importOutcome(
  method: keyof Importer,
  pullRequest: PullRequest,
  wait: Wait,
  { pullThrough, decisions }: DataPlaneDeps,
) {
  try {
    return { outcome: await pullThrough[method](pullRequest, wait) }
  } catch (error) {
    if (!(error instanceof ServiceException)) throw error
    const refusal = { code: error.code, message: error.message }
    // The control plane's decision log has the request, but only this plane's log has the decisions that refused it.
    const { at, requestId } = pullRequest.request
    decisions.ended(requestId, { at, plane: 'data', operation: `${method} ${pullRequest.repository}`, refusal })
    return { refusal }
  }
}
