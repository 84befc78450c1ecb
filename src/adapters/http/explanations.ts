import { serverException } from '../../registry/errors.js'
import {
  decisionsEndpoint,
  type DecisionSource,
  type ExplainedRequest,
  type RefusedRequest,
} from '../../registry/ports/decision-source.js'

/** A data plane in another process, and how to prove to it that the control plane asks. */
export interface DecidingDataPlane {
  /** For example `http://127.0.0.1:4510`. */
  readonly origin: string
  /** Signs the query of a request. */
  readonly sign: (query: string) => string
}

/** An answer is made in memory: one that takes longer will not come. */
const ANSWERS_WITHIN_MS = 5000

/** The decisions of the data plane of another process. Throws ServerException where it does not answer. */
export const remoteDecisions = (dataPlane: DecidingDataPlane): DecisionSource => ({
  find: async (requestId) => (await ask({ requestId }, dataPlane)).request,
  latestRefused: async (limit) => (await ask({ limit: String(limit) }, dataPlane)).refused ?? [],
})

interface Told {
  readonly request?: ExplainedRequest
  readonly refused?: RefusedRequest[]
}

async function ask(parameters: Record<string, string>, { origin, sign }: DecidingDataPlane): Promise<Told> {
  const { request } = await import('undici')
  const query = new URLSearchParams(parameters).toString()
  const answer = await request(`${origin}${decisionsEndpoint.path}?${query}`, {
    headers: { [decisionsEndpoint.signatureHeader]: sign(query) },
    headersTimeout: ANSWERS_WITHIN_MS,
    bodyTimeout: ANSWERS_WITHIN_MS,
  }).catch((error: unknown) => {
    throw serverException(`The data plane at ${origin} does not answer: ${(error as Error).message}`)
  })
  if (answer.statusCode === 200) return (await answer.body.json()) as Told
  await answer.body.dump()
  throw serverException(`The data plane at ${origin} answered ${answer.statusCode}`)
}
