import { ServiceException, serverException } from '../../registry/errors.js'
import type { FoundImage, ImageFailure } from '../../registry/find-image.js'
import { type Importer, importsEndpoint, type PullRequest } from '../../registry/ports/importer.js'

/** A data plane in another process, and how to prove to it that the control plane asks. */
export interface DataPlaneAddress {
  /** For example `http://127.0.0.1:4510`; also of a balancer in front of several. */
  readonly origin: string
  readonly sign: (body: string) => string
}

/** Imports carried out by the data plane of another process. Throws what the data plane refused with. */
export const remoteImporter = (dataPlane: DataPlaneAddress): Importer => ({
  pull: (wanted, wait) => wait(() => ask('pull', wanted, dataPlane)),
  importImage: (wanted, wait) => wait(() => ask('importImage', wanted, dataPlane)),
})

/** A data plane that dies over an import has a balancer lead to another one the next time. */
const TRIES = 3
const WAIT_MS = 250

async function ask(method: keyof Importer, wanted: PullRequest, { origin, sign }: DataPlaneAddress) {
  const body = JSON.stringify({ method, wanted })
  const { statusCode, text } = await persist(() => post(origin, body, sign(body))).catch((error: unknown) => {
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

/** An import takes as long as its upstream needs. */
async function post(origin: string, body: string, signature: string) {
  const { request } = await import('undici')
  const answer = await request(origin + importsEndpoint.path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', [importsEndpoint.signatureHeader]: signature },
    body,
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
