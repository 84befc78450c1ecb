import { decisionSource } from '../../access/explain/explained-request.js'
import { type DataPlaneDeps, type DataPlaneRequest, respond } from '../call.js'

/** GET /_decisions?requestId=… or ?limit=…: lets a control plane in another process explain a request. */
export async function sendDecisions(
  { req, res, query, facts }: DataPlaneRequest,
  _body: Buffer,
  { decisions }: Pick<DataPlaneDeps, 'decisions'>,
): Promise<void> {
  facts.isAboutOthers = true
  const source = decisionSource(decisions)
  const requestId = query.get('requestId')
  const answer =
    requestId === null
      ? { refused: await source.latestRefused(Number(query.get('limit'))) }
      : { request: await source.find(requestId) }
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' }
  respond({ req, res }, 200, headers, JSON.stringify(answer))
}
