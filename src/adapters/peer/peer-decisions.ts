import { serverException } from '../../registry/errors.js'
import {
  decisionsEndpoint,
  type DecisionSource,
  type ExplainedRequest,
  type RefusedRequest,
} from '../../registry/ports/decision-source.js'
import { type DataPlaneAddress, signedHeaders } from './signed-peer-request.js'

/** An answer is made in memory: one that takes longer will not come. */
const ANSWERS_WITHIN_MS = 5000

/** The decisions of the data plane of another process. Throws ServerException where it does not answer. */
export const remoteDecisions = (dataPlane: DataPlaneAddress): DecisionSource => ({
  find: async (requestId) => (await ask('requestId', requestId, dataPlane)).request,
  latestRefused: async (limit) => (await ask('limit', String(limit), dataPlane)).refused ?? [],
})

interface Told {
  readonly request?: ExplainedRequest
  readonly refused?: RefusedRequest[]
}

async function ask(name: string, value: string, { origin, secret }: DataPlaneAddress): Promise<Told> {
  const { request } = await import('undici')
  const wanted = { method: 'GET', path: `${decisionsEndpoint.path}?${name}=${encodeURIComponent(value)}` } as const
  const answer = await request(origin + wanted.path, {
    headers: await signedHeaders(wanted, secret),
    headersTimeout: ANSWERS_WITHIN_MS,
    bodyTimeout: ANSWERS_WITHIN_MS,
  }).catch((error: unknown) => {
    throw serverException(`The data plane at ${origin} does not answer: ${(error as Error).message}`)
  })
  if (answer.statusCode === 200) return (await answer.body.json()) as Told
  await answer.body.dump()
  throw serverException(`The data plane at ${origin} answered ${answer.statusCode}`)
}
