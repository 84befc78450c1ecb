import { type DecisionLog, decisionLogLimits } from '../../access/explain/decision-log.js'
import { decisionSource } from '../../access/explain/explained-request.js'
import { ServiceException } from '../../registry/errors.js'
import type { DecisionSource, ExplainedRequest } from '../../registry/ports/decision-source.js'

/** Where decisions are remembered. */
export interface ExplainDeps {
  readonly decisions: Pick<DecisionLog, 'find' | 'latestRefused'>
  /** The data plane's, where that is another process. */
  readonly explanations?: DecisionSource
}

/** An answer of an admin endpoint, before it is written. */
export interface Reply {
  readonly status: number
  readonly body: object
}

/** A screenful. */
const LATEST = 20

/**
 * Why a request was answered or refused; without an id, or with an empty one, the latest refusals. Both planes are asked: an image that the API
 * is asked for is decided on by the data plane too, under the same id. A half that is missing is told as `incomplete`.
 */
export const explain = (requestId: string | null, deps: ExplainDeps): Promise<Reply> =>
  requestId === null || requestId === '' ? latestRefusals(deps) : explanationOf(requestId, deps)

async function explanationOf(requestId: string, { decisions, explanations }: ExplainDeps): Promise<Reply> {
  const own = await decisionSource(decisions).find(requestId)
  const { half, ...incomplete } = await halfOf(explanations, (source) => source.find(requestId))
  const found = own && half ? joined(own, half) : (own ?? half)
  if (!found) return { status: 404, body: { message: unknown(requestId), ...incomplete } }
  return { status: 200, body: { ...found, ...incomplete } }
}

function joined(own: ExplainedRequest, half: ExplainedRequest): ExplainedRequest {
  const leftOut = (own.decisionsLeftOut ?? 0) + (half.decisionsLeftOut ?? 0)
  const decisions = [...own.decisions, ...half.decisions]
  return { ...own, decisions, ...(leftOut > 0 && { decisionsLeftOut: leftOut }) }
}

async function latestRefusals({ decisions, explanations }: ExplainDeps): Promise<Reply> {
  const own = await decisionSource(decisions).latestRefused(LATEST)
  const { half = [], ...incomplete } = await halfOf(explanations, (source) => source.latestRefused(LATEST))
  const ownIds = new Set(own.map(({ requestId }) => requestId))
  const others = half.filter(({ requestId }) => !ownIds.has(requestId))
  const refused = [...own, ...others].sort((a, b) => b.at.localeCompare(a.at)).slice(0, LATEST)
  return { status: 200, body: { refused, ...incomplete } }
}

/** What the data plane of another process knows; that it does not answer is no reason to keep the rest back. */
async function halfOf<T>(
  explanations: DecisionSource | undefined,
  ask: (source: DecisionSource) => Promise<T>,
): Promise<{ half?: T; incomplete?: string }> {
  if (!explanations) return {}
  try {
    return { half: await ask(explanations) }
  } catch (error) {
    if (!(error instanceof ServiceException)) throw error
    return { incomplete: error.message }
  }
}

const unknown = (requestId: string) =>
  `No request ${requestId} is known: the last ${decisionLogLimits.requests.toLocaleString('en')} since the start are. ` +
  'The id is in the header x-amzn-requestid of every answer; asked without one, this lists the latest refusals.'
