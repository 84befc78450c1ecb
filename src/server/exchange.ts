import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { DecisionLog, RequestEnd } from '../access/explain/decision-log.js'
import { rateExceeded } from '../registry/errors.js'
import type { Clock } from '../registry/ports/clock.js'
import type { Ids } from '../registry/ports/ids.js'
import type { Metrics } from '../registry/ports/metrics.js'
import type { Span, Traces } from '../registry/ports/traces.js'
import type { Registry } from '../registry/registry.js'
import { type Log, logWithRequestId } from '../registry/ports/log.js'
import { type ConcurrencyLimit, concurrencyLimit, type RequestPermit } from './concurrency-limit.js'
import type { Limits } from './limits.js'
import type { MemoryBudget } from './memory-budget.js'
import { rateLimit } from './rate-limit.js'
import { type BodyLimit, type ReadBody, readBody } from './read-body.js'
import { splitOnce } from './split-once.js'

/** The facts about a request, to which each step adds. Metrics, log, trace and decision log are written from them. */
export interface RequestFacts {
  /** The answer's x-amzn-requestid. */
  readonly requestId: string
  readonly method: string
  /** Without the query, which can hold credentials. */
  readonly path: string
  /** When it arrived, by `performance.now()`. */
  readonly receivedAt: number
  /** The name in metrics, log and trace: one of a fixed set, so that clients cannot create new series. */
  operation: string
  /** The name in the decision log: the operation as the client named it, or method and path. */
  description: string
  /** The emulator's time of the request; absent until the clock was read. */
  now?: Date
  /** The image that is pulled; absent until it is known that the request is a pull. */
  pulledFrom?: { readonly registry: Registry; readonly repository: string; readonly reference: string }
  /**
   * Set on requests that read the decision log. Unless refused they are not recorded in it, so that they evict no other
   * entries.
   */
  isAboutOthers?: true
}

/** One request and its answer. */
export interface Exchange {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly facts: RequestFacts
  /** The request's query, still encoded; empty where there is none. */
  readonly search: string
  /** Adds the request's id to every line. */
  readonly log: Log
}

/** An exchange that the plane works on. */
export interface AdmittedExchange extends Exchange {
  readonly permit: RequestPermit
  /** The whole body if the plane has a `bodyLimit`; otherwise empty, and the endpoints read the body. */
  readonly body: Buffer
}

/** How a request was refused. */
export type Refusal = { readonly code: string; readonly message: string } & Pick<
  RequestEnd,
  'hint' | 'isChallenge' | 'isFailedPull'
>

/** What differs between the planes: how a request is answered, and how a refusal is written in the plane's protocol. */
export interface Plane {
  readonly name: 'control' | 'data'
  /** OpenTelemetry's rpc.system.name. */
  readonly protocol: 'aws-api' | 'oci-distribution'
  /** Set for a plane whose bodies are read whole before a request is admitted; absent if its endpoints read them. */
  readonly bodyLimit?: BodyLimit
  /** Whether the plane writes x-amzn-requestid itself. Otherwise it is set here, which takes Node longer. */
  readonly writesRequestId: boolean
  /** The names of a request, from its method, URL and headers. */
  readonly describe: (req: IncomingMessage) => Pick<RequestFacts, 'operation' | 'description'>
  /** Throws if the request is refused whatever its body is. */
  readonly screen: (req: IncomingMessage) => void
  /** Answers an admitted request, or throws the error to refuse it with. */
  readonly answer: (exchange: AdmittedExchange) => Promise<void>
  /** Writes the refusal for an error that a step has thrown. */
  readonly refuse: (error: unknown, exchange: Exchange) => Promise<Refusal>
}

/** The dependencies that all exchanges of a plane share. */
export interface ExchangeDeps {
  readonly limits: Limits
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly metrics: Metrics
  readonly traces: Traces
  readonly decisions: Pick<DecisionLog, 'ended'>
  readonly memory: MemoryBudget
}

interface Frame extends ExchangeDeps {
  readonly plane: Plane
  readonly concurrency: ConcurrencyLimit
}

/** The outcome of a request whose client disconnected before its end. */
const CLIENT_GONE = 'CLIENT_GONE'

/**
 * Answers the requests of a plane. All of them take the same steps; docs/request-lifecycle.md draws them with each
 * refusal:
 *
 *     received → screened → read → admitted → [plane.answer] → answered | refused → reported
 */
export function exchanges(plane: Plane, deps: ExchangeDeps): RequestListener {
  const { limits, clock } = deps
  const concurrency = concurrencyLimit(limits, rateLimit(limits.requestsPerSecond, clock))
  const frame: Frame = { ...deps, plane, concurrency }
  return (req, res) => void receive(req, res, frame)
}

/** received: the request gets the id by which it is logged, traced and explained. */
function receive(req: IncomingMessage, res: ServerResponse, frame: Frame): Promise<void> {
  const { plane, ids, log, traces } = frame
  const requestId = ids.uuid()
  if (!plane.writesRequestId) res.setHeader('x-amzn-requestid', requestId)
  const [path, search = ''] = splitOnce(req.url ?? '', '?')
  const { method = '' } = req
  const { operation, description } = plane.describe(req)
  const receivedAt = performance.now()
  const facts: RequestFacts = { requestId, method, path, receivedAt, operation, description }
  const exchange = { req, res, facts, search, log: logWithRequestId(log, requestId) }
  const attributes = { 'http.request.method': method, 'url.path': path, 'rpc.system.name': plane.protocol }
  return traces.request(req.headers, attributes, (span) => take(exchange, span, frame))
}

/** All steps after `received`, up to `reported`. */
async function take(exchange: Exchange, span: Span, frame: Frame): Promise<void> {
  const { plane, metrics } = frame
  const { req, res, facts, search, log } = exchange
  const countEnd = metrics.request(plane.name)
  let outcome = 'ok'
  let body: ReadBody | undefined
  let permit: RequestPermit | undefined
  try {
    plane.screen(req)
    body = await read(req, frame)
    permit = admit(frame)
    await plane.answer({ req, res, facts, search, log, permit, body: body?.bytes ?? NO_BODY })
    remember(exchange, frame)
  } catch (thrown) {
    outcome = await refuse(thrown, exchange, frame)
  } finally {
    permit?.release()
    body?.release()
  }
  countEnd(facts.operation, outcome)
  report(exchange, outcome, span)
}

const NO_BODY = Buffer.alloc(0)

/** read: before admission, so that a body that trickles in takes memory from the budget but no permit. */
const read = (req: IncomingMessage, { plane: { bodyLimit }, memory }: Frame): Promise<ReadBody> | undefined =>
  bodyLimit && readBody(req, bodyLimit, memory)

/** admitted: throws ThrottlingException if the plane already works on as many requests as its limit allows. */
function admit({ concurrency }: Frame): RequestPermit {
  const permit = concurrency.acquire()
  if (!permit) throw rateExceeded()
  return permit
}

/**
 * refused: writes the refusal, unless the client has disconnected, and records the reason. Resolves with the outcome.
 */
async function refuse(thrown: unknown, exchange: Exchange, frame: Frame): Promise<string> {
  const { req, facts, log } = exchange
  if (isClientGone(thrown, req)) {
    log.debug({ err: thrown, method: facts.method, path: facts.path }, 'the client disconnected')
    return CLIENT_GONE
  }
  const { code, message, ...circumstances } = await frame.plane.refuse(thrown, exchange)
  remember(exchange, frame, { refusal: { code, message }, ...circumstances })
  return code
}

/** A client may disconnect while it sends or receives; that is not a failure. */
const isClientGone = (error: unknown, { socket }: IncomingMessage) =>
  socket.destroyed &&
  error instanceof Error &&
  'code' in error &&
  (error.code === 'ECONNRESET' || error.code === 'ERR_STREAM_PREMATURE_CLOSE')

function remember({ facts }: Exchange, { plane, clock, decisions }: Frame, end: Partial<RequestEnd> = {}): void {
  if (facts.isAboutOthers && !end.refusal) return
  const at = (facts.now ?? clock.wall()).getTime()
  decisions.ended(facts.requestId, { at, plane: plane.name, operation: facts.description, ...end })
}

/** reported: logged at level info if the emulator, the store or an upstream failed, otherwise at level debug. */
function report({ facts, res, log }: Exchange, outcome: string, span: Span): void {
  const { operation, method, path, requestId } = facts
  const { statusCode: status } = res
  const hasFailed = outcome !== 'ok' && status >= 500
  if (outcome !== CLIENT_GONE)
    log[hasFailed ? 'info' : 'debug']({ operation, method, path, outcome, status }, 'answered')
  const attributes = { 'http.response.status_code': status, 'aws.request_id': requestId, 'rpc.method': operation }
  span.ended(operation, attributes, hasFailed ? outcome : undefined)
}
