import type { IncomingMessage } from 'node:http'
import { rateExceeded } from '../registry/errors.js'
import type { MemoryBudget, Reservation } from './memory-budget.js'

/** A whole body in memory. `release` returns its memory to the memory budget. */
export interface ReadBody extends Pick<Reservation, 'release'> {
  readonly bytes: Buffer
}

/** How large a body may be, and the error for a larger one in the plane's protocol. */
export interface BodyLimit {
  readonly maxBytes: number
  readonly tooLarge: () => Error
}

/** Whether a request has a body, possibly of unknown length. */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined

/**
 * Reads a request's body into memory. Rejects with `tooLarge` as soon as the declared length or the bytes that arrived
 * exceed the limit, with ThrottlingException if the body arrives slowly and others need the memory, and with the
 * socket's error if the connection breaks. Stops reading a refused body, so that its client can still be answered. Uses
 * event listeners because iterating over the request would take half as long as verifying a signature.
 */
export function readBody(
  req: IncomingMessage,
  { maxBytes, tooLarge }: BodyLimit,
  memory: MemoryBudget,
): Promise<ReadBody> {
  if (Number(req.headers['content-length'] ?? 0) > maxBytes) return Promise.reject(tooLarge())
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const refuse = (refusal: Error) => {
      req.off('data', append)
      chunks.length = 0
      reservation.release()
      reject(refusal)
    }
    const reservation = memory.reserve(() => refuse(rateExceeded()))
    const append = (chunk: Buffer) => {
      size += chunk.length
      if (size > maxBytes) return refuse(tooLarge())
      chunks.push(chunk)
      reservation.grow(chunk.length)
    }
    req.on('data', append)
    req.once('end', () => {
      reservation.complete()
      resolve({
        bytes: chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks),
        release: () => reservation.release(),
      })
    })
    req.once('error', (error) => {
      reservation.release()
      reject(error)
    })
  })
}
