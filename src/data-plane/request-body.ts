import type { IncomingMessage } from 'node:http'
import { rateExceeded } from '../registry/errors.js'
import { readBody } from '../server/read-body.js'
import type { Call, DataPlaneDeps } from './call.js'
import { OciError } from './oci-errors.js'

/**
 * The bytes of a request as they come, read no faster than they are taken. The server closes connections that are silent
 * for too long; a reader that stops early leaves the connection open, so that the refusal still reaches the client.
 */
export const bodyOf = (req: IncomingMessage): AsyncIterable<Uint8Array> =>
  req.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>

/** Whether the request brings a body at all: of unknown length counts. */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined

/**
 * The whole of a small body, which counts as held until the request is answered. Throws 413 as soon as it is known to be
 * larger than allowed, ThrottlingException where it takes its time and others need the room.
 */
export async function smallBody(
  { req, res }: Pick<Call, 'req' | 'res'>,
  maxBytes: number,
  { room }: Pick<DataPlaneDeps, 'room'>,
): Promise<Buffer> {
  const body = await readBody(req, maxBytes, room)
  if (body === 'too large') throw tooLarge(maxBytes)
  if (body === 'no room') throw rateExceeded()
  res.once('close', body.release)
  return body.bytes
}

/** The words are those of ECR's generated checks; the status is OCI's. */
const tooLarge = (maxBytes: number) =>
  new OciError(
    413,
    'SIZE_INVALID',
    `Invalid parameter at 'imageManifest' failed to satisfy constraint: 'Member must have length less than or equal to ${maxBytes}'`,
  )
