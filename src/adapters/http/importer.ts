import { ServiceException, serverException } from '../../registry/errors.js'
import type { FoundImage, ImageFailure } from '../../registry/find-image.js'
import { type Importer, importsEndpoint, type PullRequest } from '../../registry/ports/importer.js'

/** A data plane in another process, and how to prove to it that the control plane asks. */
export interface DataPlaneAddress {
  /** For example `http://127.0.0.1:4510`. */
  readonly origin: string
  readonly sign: (body: string) => string
}

/** Imports carried out by the data plane of another process. Throws what the data plane refused with. */
export const remoteImporter = (dataPlane: DataPlaneAddress): Importer => ({
  pull: (wanted) => ask('pull', wanted, dataPlane),
  importImage: (wanted) => ask('importImage', wanted, dataPlane),
})

async function ask(method: keyof Importer, wanted: PullRequest, { origin, sign }: DataPlaneAddress) {
  const { request } = await import('undici')
  const body = JSON.stringify({ method, wanted })
  const answer = await request(origin + importsEndpoint.path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', [importsEndpoint.signatureHeader]: sign(body) },
    body,
    headersTimeout: 0,
    bodyTimeout: 0,
  }).catch((error: unknown) => {
    throw serverException(`The data plane at ${origin} does not answer: ${(error as Error).message}`)
  })
  const reply = (await answer.body.json()) as Reply
  if (reply.refusal) throw new ServiceException(reply.refusal.code, reply.refusal.message)
  if (!reply.outcome) throw serverException(`The data plane at ${origin} answered ${answer.statusCode}`)
  return reply.outcome
}

interface Reply {
  outcome?: FoundImage | ImageFailure
  refusal?: { code: string; message: string }
}
