import { ServiceException } from '../registry/errors.js'
import type { Importer, PullRequest } from '../registry/ports/importer.js'
import { type Call, type DataPlaneDeps, respond } from './call.js'
import { smallBody } from './request-body.js'

/** Requests are a few names long. */
const MAX_BODY_BYTES = 64 * 1024

/**
 * POST /_imports: a control plane in another process has an image pulled or imported. Throws 403 for any other caller.
 */
export async function takeImport({ req, res }: Pick<Call, 'req' | 'res'>, deps: DataPlaneDeps): Promise<void> {
  const body = await smallBody({ req, res }, MAX_BODY_BYTES, deps)
  deps.controlPlane.require(req, body)
  const { method, wanted } = JSON.parse(body.toString('utf8')) as { method: keyof Importer; wanted: PullRequest }
  respond({ req, res }, 200, { 'content-type': 'application/json' }, JSON.stringify(await reply(method, wanted, deps)))
}

async function reply(method: keyof Importer, wanted: PullRequest, { pullThrough, decisions }: DataPlaneDeps) {
  try {
    return { outcome: method === 'pull' ? await pullThrough.pull(wanted) : await pullThrough.importImage(wanted) }
  } catch (error) {
    if (!(error instanceof ServiceException)) throw error
    const refusal = { code: error.code, message: error.message }
    // What was decided for the other process is known here alone: so is that it was the reason for the refusal.
    const { at, requestId } = wanted.request
    decisions.ended(requestId, { at, plane: 'data', operation: `${method} ${wanted.repository}`, refusal })
    return { refusal }
  }
}
