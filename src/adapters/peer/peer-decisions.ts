import { serverException } from '../../registry/errors.js'
import {
  decisionsEndpoint,
  type DecisionSource,
  type ExplainedRequest,
  type RefusedRequest,
} from '../../registry/ports/decision-source.js'
import { type RemoteDataPlane, sendSigned } from './signed-peer-request.js'

/** Decisions are read from memory, so a response that takes longer will not come. */
const TIMEOUT_MS = 5000

/** The decisions of the data plane in another process. Throws ServerException if it does not answer. */
export const remoteDecisions = (dataPlane: RemoteDataPlane): DecisionSource => ({
  find: async (requestId) => (await fetchDecisions('requestId', requestId, dataPlane)).request,
  latestRefused: async (limit) => (await fetchDecisions('limit', String(limit), dataPlane)).refused ?? [],
})

interface DecisionsReply {
  readonly request?: ExplainedRequest
  readonly refused?: RefusedRequest[]
}

async function fetchDecisions(name: string, value: string, dataPlane: RemoteDataPlane): Promise<DecisionsReply> {
  const { origin } = dataPlane
  const path = `${decisionsEndpoint.path}?${name}=${encodeURIComponent(value)}`
  const sending = sendSigned({ method: 'GET', path }, dataPlane, TIMEOUT_MS)
  const { status, text } = await sending.catch((error: unknown) => {
    throw serverException(`The data plane at ${origin} does not answer: ${(error as Error).message}`)
  })
  if (status !== 200) throw serverException(`The data plane at ${origin} answered ${status}`)
  return JSON.parse(text) as DecisionsReply
}
