import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Call, type DataPlaneDeps, respond } from './call.js'
import { ociErrorOf, OciError } from './oci-errors.js'

/**
 * Writes the refusal and answers what it said; undefined where nobody is left to hear it. The log gets the path alone: who
 * reads the query of a layer URL may fetch the layer.
 */
export function refuse(
  error: unknown,
  { req, res, path }: Pick<Call, 'req' | 'res'> & { readonly path: string },
  { log, decisions }: DataPlaneDeps,
): OciError | undefined {
  const request = { err: error, method: req.method, path }
  if (isClientGone(error, req)) return void log.debug(request, 'the client went away')
  const known = ociErrorOf(error)
  if (!known) log.error(request, 'failed unexpectedly')
  const refusal = known ?? new OciError(500, 'UNKNOWN', 'Internal server error')
  if (res.headersSent) res.destroy()
  else writeRefusal(isOfPolicy(refusal, res, decisions) ? withRequestId(refusal, res) : refusal, req, res)
  return refusal
}

const requestIdOf = (res: ServerResponse) => String(res.getHeader('x-amzn-requestid'))

/** Whether what is not found is hidden by a policy: who may not import or make a repository is told no more, as in ECR. */
const isOfPolicy = ({ status }: OciError, res: ServerResponse, decisions: DataPlaneDeps['decisions']): boolean =>
  status === 404 && decisions.find(requestIdOf(res))?.decisions.some(({ decision }) => !decision.allowed) === true

/** Docker shows the message of a refusal and none of its headers: this is how its user finds the reason. */
function withRequestId({ status, code, message, headers }: OciError, res: ServerResponse): OciError {
  const id = requestIdOf(res)
  return new OciError(status, code, `${message} (ecr-local explain ${id} says why)`, headers)
}

/** A refusal ends with a line feed, as the service's do. */
function writeRefusal({ status, code, message, headers }: OciError, req: IncomingMessage, res: ServerResponse): void {
  if (!req.complete) discardBody(req)
  const isPlain = status === 401
  const body = `${isPlain ? message : JSON.stringify({ errors: [{ code, message }] })}\n`
  const type = isPlain ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8'
  respond({ req, res }, status, { 'content-type': type, ...headers }, body)
}

/** A client may leave in the middle of what it sends or gets; that is no fault of ours. */
const isClientGone = (error: unknown, { socket }: IncomingMessage) =>
  socket.destroyed &&
  error instanceof Error &&
  'code' in error &&
  (error.code === 'ECONNRESET' || error.code === 'ERR_STREAM_PREMATURE_CLOSE')

/** How long a refused client may go on sending: closed at once, the connection would be reset and the refusal lost. */
const LINGER_MS = 5_000

function discardBody(req: IncomingMessage): void {
  const timer = setTimeout(() => req.destroy(), LINGER_MS)
  req.once('close', () => clearTimeout(timer))
  req.resume()
}
