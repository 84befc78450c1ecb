import type { IncomingMessage } from 'node:http'
import { rateExceeded } from '../registry/errors.js'
import type { MemoryBudget, Reservation } from './memory-budget.js'

/** A whole body in memory; `release` returns its memory to the budget. */
export interface ReadBody extends Pick<Reservation, 'release'> {
  readonly bytes: Buffer
}

/** How large a body may be, and the refusal of a larger one in the words of its protocol. */
export interface BodyLimit {
  readonly maxBytes: number
  readonly tooLarge: () => Error
}

/** Whether a request brings a body; one of unknown length counts. */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined

/**
 * Reads a request's body into memory. Rejects with `tooLarge` as soon as the declared length or the bytes that arrived
 * exceed the limit, with ThrottlingException where the body arrives slowly and others need the memory, and where the
 * connection breaks. A refused body is read no further, and its client can still be answered. Listens to events because
 * iterating over the request would cost half as much as verifying a signature.
 */
export async function readBody(
  req: IncomingMessage,
  { maxBytes, tooLarge }: BodyLimit,
  memory: MemoryBudget,
): Promise<ReadBody> {
  if (Number(req.headers['content-length'] ?? 0) > maxBytes) throw tooLarge()
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
