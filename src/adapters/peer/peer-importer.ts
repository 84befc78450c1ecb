import { setTimeout as sleep } from 'node:timers/promises'
import { ServiceException, serverException } from '../../registry/errors.js'
import { type Importer, importsEndpoint, type PullRequest } from '../../registry/ports/importer.js'
import { type RemoteDataPlane, sendSigned } from './signed-peer-request.js'

/** Imports that the data plane in another process carries out. Throws the error that the data plane answers with. */
export const remoteImporter = (dataPlane: RemoteDataPlane): Importer => ({
  pull: (pullRequest, wait) => wait(() => importRemotely('pull', pullRequest, dataPlane)),
  importImage: (pullRequest, wait) => wait(() => importRemotely('importImage', pullRequest, dataPlane)),
  refreshReferrers: (pullRequest, wait) => wait(() => importRemotely('refreshReferrers', pullRequest, dataPlane)),
})

/** If a data plane dies during an import, a load balancer leads the next try to another one. */
const TRIES = 3
const DELAY_MS = 250

/** An import takes as long as its upstream needs. */
const NO_TIMEOUT = 0

/** What a method of the importer resolves with. */
type Outcome<M extends keyof Importer> = Awaited<ReturnType<Importer[M]>>

async function importRemotely<M extends keyof Importer>(
  method: M,
  wanted: PullRequest,
  dataPlane: RemoteDataPlane,
): Promise<Outcome<M>> {
  const { origin } = dataPlane
  const body = JSON.stringify({ method, wanted })
  const { status, text } = await retry(() =>
    sendSigned({ method: 'POST', path: importsEndpoint.path, body }, dataPlane, NO_TIMEOUT),
  ).catch((error: unknown) => {
    throw serverException(`The data plane at ${origin} does not answer: ${(error as Error).message}`)
  })
  const reply = parseReply<M>(text)
  if (reply.refusal) throw new ServiceException(reply.refusal.code, reply.refusal.message)
  if (!reply.outcome) throw serverException(`The data plane at ${origin} answered ${status}`)
  return reply.outcome
}

/**
 * Imports are idempotent, so any failure of the connection is retried. The retry interceptor of undici would repeat the
 * headers, but a signature is accepted only once: each try signs anew.
 */
async function retry<T>(send: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await send()
    } catch (error) {
      if (tries >= TRIES) throw error
      await sleep(DELAY_MS * tries)
    }
  }
}

interface ImportReply<M extends keyof Importer> {
  outcome?: Outcome<M>
  refusal?: { code: string; message: string }
}

/** What answers at this address may be something other than a data plane: then the reply is empty. */
function parseReply<M extends keyof Importer>(text: string): ImportReply<M> {
  try {
    return JSON.parse(text) as ImportReply<M>
  } catch {
    return {}
  }
}
