import type { IncomingMessage, ServerResponse } from 'node:http'
import { discardBody } from '../server/discard-body.js'
import type { Exchange, Refusal, RequestFacts } from '../server/exchange.js'
import { type DataPlaneDeps, respond } from './call.js'
import { failedPull } from './failed-pull.js'
import { ociErrorOf, OciError } from './oci-errors.js'

/** The answer to the client after an unexpected failure of the emulator. */
export const internalError = () => new OciError(500, 'UNKNOWN', 'Internal server error')

/**
 * Writes the refusal of a request and returns what the decision log records of it. The path is logged without its
 * query, because anyone could fetch a layer with the query of its URL.
 */
export async function refuseRequest(error: unknown, exchange: Exchange, deps: DataPlaneDeps): Promise<Refusal> {
  const { req, res, facts, log } = exchange
  const ociError = ociErrorOf(error)
  if (!ociError) log.error({ err: error, method: facts.method, path: facts.path }, 'failed unexpectedly')
  const refusal = ociError ?? internalError()
  if (res.headersSent) res.destroy()
  else writeOciRefusal(isByPolicy(refusal, facts, deps) ? withRequestId(refusal, facts.requestId) : refusal, req, res)
  const { status, code, message, hint } = refusal
  return {
    code,
    message,
    ...(status === 401 && !req.headers.authorization && { isChallenge: true }),
    ...(facts.pulledFrom && status !== 401 && (await failedPull(facts, refusal, deps))),
    ...(hint !== undefined && { hint }),
  }
}

/** Whether the reason for a 404 is a policy: as in ECR, a caller that may not import or create gets only 404. */
const isByPolicy = (
  { status }: OciError,
  { requestId }: RequestFacts,
  { decisions }: Pick<DataPlaneDeps, 'decisions'>,
): boolean => status === 404 && decisions.find(requestId)?.decisions.some(({ decision }) => !decision.allowed) === true

/** Adds the request id to the message, because Docker shows users the message but none of the headers. */
const withRequestId = ({ status, code, message, headers }: OciError, id: string): OciError =>
  new OciError(status, code, `${message} (ecr-local explain ${id} says why)`, headers)

/** Writes a refusal that ends with a line feed. As in ECR, a 401 is plain text. */
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
