import type { IncomingMessage, ServerResponse } from 'node:http'
import { decisionSource } from '../access/explained-request.js'
import { isSigned } from '../access/signed-text.js'
import { decisionsEndpoint } from '../registry/ports/decision-source.js'
import { type DataPlaneDeps, respond } from './call.js'
import { OciError } from './errors.js'

/** A request to `/_decisions`, before its query is read. */
export interface DecisionsAsked {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  /** What stands behind the question mark, as it was signed. */
  readonly search: string | undefined
}

/**
 * GET /_decisions?requestId=… or ?limit=…: a control plane in another process asks why. Only one that holds the
 * installation's secret can sign the query.
 */
export async function tellDecisions(
  { req, res, search = '' }: DecisionsAsked,
  { decisions, secret }: Pick<DataPlaneDeps, 'decisions' | 'secret'>,
): Promise<void> {
  const signature = String(req.headers[decisionsEndpoint.signatureHeader] ?? '')
  if (!isSigned('explain', search, signature, secret))
    throw new OciError(403, 'DENIED', 'The request is not signed by a control plane')
  const [query, source] = [new URLSearchParams(search), decisionSource(decisions)]
  const requestId = query.get('requestId')
  const told =
    requestId === null
      ? { refused: await source.latestRefused(Number(query.get('limit'))) }
      : { request: await source.find(requestId) }
  respond({ req, res }, 200, { 'content-type': 'application/json', 'cache-control': 'no-store' }, JSON.stringify(told))
}
