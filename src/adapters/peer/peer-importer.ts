import { ServiceException, serverException } from '../../registry/errors.js'
import type { FoundImage, ImageFailure } from '../../registry/images/find-image.js'
import { type Importer, importsEndpoint, type PullRequest } from '../../registry/ports/importer.js'
import { type DataPlaneAddress, signedHeaders } from './signed-peer-request.js'

/** Imports carried out by the data plane of another process. Throws what the data plane refused with. */
export const remoteImporter = (dataPlane: DataPlaneAddress): Importer => ({
  pull: (wanted, wait) => wait(() => ask('pull', wanted, dataPlane)),
  importImage: (wanted, wait) => wait(() => ask('importImage', wanted, dataPlane)),
})

/** A data plane that dies over an import has a balancer lead to another one the next time. */
const TRIES = 3
const WAIT_MS = 250

async function ask(method: keyof Importer, wanted: PullRequest, { origin, secret }: DataPlaneAddress) {
  const body = JSON.stringify({ method, wanted })
  const { statusCode, text } = await persist(() => post(origin, body, secret)).catch((error: unknown) => {
    throw serverException(`The data plane at ${origin} does not answer: ${(error as Error).message}`)
  })
  const reply = replyIn(text)
  if (reply.refusal) throw new ServiceException(reply.refusal.code, reply.refusal.message)
  if (!reply.outcome) throw serverException(`The data plane at ${origin} answered ${statusCode}`)
  return reply.outcome
}

/** Asking again does no harm: what was imported already is answered as it is. */
async function persist<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (tries >= TRIES) throw error
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS * tries))
    }
  }
}

/** An import takes as long as its upstream needs. Each try is signed anew: a signature is good once. */
async function post(origin: string, body: string, secret: string) {
  const { request } = await import('undici')
  const wanted = { method: 'POST', path: importsEndpoint.path, body } as const
  const answer = await request(origin + wanted.path, {
    ...{ method: wanted.method, body },
    headers: await signedHeaders(wanted, secret),
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  return { statusCode: answer.statusCode, text: await answer.body.text() }
}

interface Reply {
  outcome?: FoundImage | ImageFailure
  refusal?: { code: string; message: string }
}

/** What answers at this address may be something else than a data plane. */
function replyIn(text: string): Reply {
  try {
    return JSON.parse(text) as Reply
  } catch {
    return {}
  }
}
