import type { IncomingMessage } from 'node:http'
import { readBody } from '../server/read-body.js'
import type { Call, DataPlaneDeps } from './call.js'
import { OciError } from './oci-errors.js'

/**
 * The bytes of a request as they arrive, read no faster than they are consumed. If the reader stops early the
 * connection stays open, so that the refusal still reaches the client. The server's time-out closes idle connections.
 */
export const bodyOf = (req: IncomingMessage): AsyncIterable<Uint8Array> =>
  req.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>

/**
 * Reads all of a small body. Its memory counts against the memory budget until the request is answered. Throws 413 for
 * a larger body, and ThrottlingException if it arrives slowly and others need the memory.
 */
export async function smallBody(
  { req, res }: Pick<Call, 'req' | 'res'>,
  maxBytes: number,
  { memory }: Pick<DataPlaneDeps, 'memory'>,
): Promise<Buffer> {
  const { bytes, release } = await readBody(req, { maxBytes, tooLarge: () => tooLarge(maxBytes) }, memory)
  res.once('close', release)
  return bytes
}

/** The message is that of ECR's generated checks; the status is OCI's. */
const tooLarge = (maxBytes: number) =>
  new OciError(
    413,
    'SIZE_INVALID',
    `Invalid parameter at 'imageManifest' failed to satisfy constraint: 'Member must have length less than or equal to ${maxBytes}'`,
  )
