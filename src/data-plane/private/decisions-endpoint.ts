import type { IncomingMessage, ServerResponse } from 'node:http'
import { decisionSource } from '../../access/explain/explained-request.js'
import { type DataPlaneDeps, respond } from '../call.js'

const NO_BODY = Buffer.alloc(0)

/** A request to `/_decisions`, before its query is read. */
export interface DecisionsAsked {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  /** What stands behind the question mark, still encoded. */
  readonly search: string | undefined
}

/**
 * GET /_decisions?requestId=… or ?limit=…: a control plane in another process asks why. Throws 403 for any other caller.
 */
export async function tellDecisions(
  { req, res, search = '' }: DecisionsAsked,
  { decisions, controlPlane }: Pick<DataPlaneDeps, 'decisions' | 'controlPlane'>,
): Promise<void> {
  controlPlane.require(req, NO_BODY)
  const [query, source] = [new URLSearchParams(search), decisionSource(decisions)]
  const requestId = query.get('requestId')
  const told =
    requestId === null
      ? { refused: await source.latestRefused(Number(query.get('limit'))) }
      : { request: await source.find(requestId) }
  respond({ req, res }, 200, { 'content-type': 'application/json', 'cache-control': 'no-store' }, JSON.stringify(told))
}
