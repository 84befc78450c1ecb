import type { IncomingMessage, ServerResponse } from 'node:http'
import { discardBody } from '../server/discard-body.js'
import type { Exchange, Refusal, RequestFacts } from '../server/exchange.js'
import { type DataPlaneDeps, respond } from './call.js'
import { failedPull } from './failed-pull.js'
import { ociErrorOf, OciError } from './oci-errors.js'

/** What a client gets for a failure of ours. */
export const internalError = () => new OciError(500, 'UNKNOWN', 'Internal server error')

/**
 * Writes the refusal of a request, whichever step refused it, and returns what is remembered of it. The log gets the path
 * without the query: with the query of a layer URL anyone could fetch the layer.
 */
export async function refuseRequest(thrown: unknown, exchange: Exchange, deps: DataPlaneDeps): Promise<Refusal> {
  const { req, res, facts, log } = exchange
  const ociError = ociErrorOf(thrown)
  if (!ociError) log.error({ err: thrown, method: facts.method, path: facts.path }, 'failed unexpectedly')
  const refusal = ociError ?? internalError()
  if (res.headersSent) res.destroy()
  else writeOciRefusal(isByPolicy(refusal, facts, deps) ? withRequestId(refusal, facts.requestId) : refusal, req, res)
  const { status, code, message, hint } = refusal
  return {
    code,
    message,
    ...(hint !== undefined && { hint }),
    ...(status === 401 && !req.headers.authorization && { isChallenge: true }),
    ...(facts.pulledFrom && status !== 401 && (await failedPull(facts.pulledFrom, refusal, req.method, deps))),
  }
}

/** Whether a policy hides what is not found: as in ECR, a caller who may not import or create is told no more than 404. */
const isByPolicy = (
  { status }: OciError,
  { requestId }: RequestFacts,
  { decisions }: Pick<DataPlaneDeps, 'decisions'>,
): boolean => status === 404 && decisions.find(requestId)?.decisions.some(({ decision }) => !decision.allowed) === true

/** Docker shows the message of a refusal and none of its headers: with the id in it, its user can find the reason. */
const withRequestId = ({ status, code, message, headers }: OciError, id: string): OciError =>
  new OciError(status, code, `${message} (ecr-local explain ${id} says why)`, headers)

/** Writes a refusal that ends with a line feed, as ECR's do; a 401 is plain text, as ECR's is. */
export function writeOciRefusal(
  { status, code, message, headers }: OciError,
  req: IncomingMessage,
  res: ServerResponse,
): void {
  if (!req.complete) discardBody(req)
  const isPlain = status === 401
  const body = `${isPlain ? message : JSON.stringify({ errors: [{ code, message }] })}\n`
  const type = isPlain ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8'
  respond({ req, res }, status, { 'content-type': type, ...headers }, body)
}
