import { type DecisionLog, decisionLogLimits } from '../../access/explain/decision-log.js'
import { decisionSource } from '../../access/explain/explained-request.js'
import { ServiceException } from '../../registry/errors.js'
import type { DecisionSource, ExplainedRequest } from '../../registry/ports/decision-source.js'

/** The decision logs of both planes. */
export interface ExplainDeps {
  readonly decisions: Pick<DecisionLog, 'find' | 'latestRefused'>
  /** The data plane's decision log, if it runs in another process. */
  readonly explanations?: DecisionSource
}

/** The answer of an admin endpoint, before it is written. */
export interface Reply {
  readonly status: number
  readonly body: object
}

/** Refusals listed without an id: a screenful. */
const LATEST = 20

/**
 * Explains why a request was answered or refused; without an id, or with an empty one, lists the latest refusals. Reads
 * the decision logs of both planes, because the data plane decides about a pull through the API too, under the same id.
 * If the data plane does not answer, the reply says so in `incomplete`.
 */
export const explain = (requestId: string | null, deps: ExplainDeps): Promise<Reply> =>
  requestId === null || requestId === '' ? latestRefusals(deps) : explanationOf(requestId, deps)

async function explanationOf(requestId: string, { decisions, explanations }: ExplainDeps): Promise<Reply> {
  const own = await decisionSource(decisions).find(requestId)
  const { fromDataPlane, ...incomplete } = await askDataPlane(explanations, (source) => source.find(requestId))
  const explained = own && fromDataPlane ? joined(own, fromDataPlane) : (own ?? fromDataPlane)
  if (!explained) return { status: 404, body: { message: unknownRequest(requestId), ...incomplete } }
  return { status: 200, body: { ...explained, ...incomplete } }
}

function joined(own: ExplainedRequest, fromDataPlane: ExplainedRequest): ExplainedRequest {
  const leftOut = (own.decisionsLeftOut ?? 0) + (fromDataPlane.decisionsLeftOut ?? 0)
  const decisions = [...own.decisions, ...fromDataPlane.decisions]
  return { ...own, decisions, ...(leftOut > 0 && { decisionsLeftOut: leftOut }) }
}

async function latestRefusals({ decisions, explanations }: ExplainDeps): Promise<Reply> {
  const own = await decisionSource(decisions).latestRefused(LATEST)
  const { fromDataPlane = [], ...incomplete } = await askDataPlane(explanations, (source) =>
    source.latestRefused(LATEST),
  )
  const ownIds = new Set(own.map(({ requestId }) => requestId))
  const others = fromDataPlane.filter(({ requestId }) => !ownIds.has(requestId))
  const refused = [...own, ...others].sort((a, b) => b.at.localeCompare(a.at)).slice(0, LATEST)
  return { status: 200, body: { refused, ...incomplete } }
}

/** The answer from the decision log of a data plane in another process; if it did not answer, `incomplete` says why. */
async function askDataPlane<T>(
  explanations: DecisionSource | undefined,
  ask: (source: DecisionSource) => Promise<T>,
): Promise<{ fromDataPlane?: T; incomplete?: string }> {
  if (!explanations) return {}
  try {
    return { fromDataPlane: await ask(explanations) }
  } catch (error) {
    if (!(error instanceof ServiceException)) throw error
    return { incomplete: error.message }
  }
}

const unknownRequest = (requestId: string) =>
  `There is no request ${requestId} among the last ${decisionLogLimits.requests.toLocaleString('en')} since the start. ` +
  'The id is in the header x-amzn-requestid of every answer; without an id, the latest refusals are listed.'
