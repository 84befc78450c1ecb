import type { IncomingMessage } from 'node:http'
import type { MemoryBudget, Reservation } from './memory-budget.js'

/** A body in memory; `done` lets go of it. */
export interface ReadBody extends Pick<Reservation, 'release'> {
  readonly bytes: Buffer
}

/**
 * A request's body; one over the limit is given up by its declared length, or as soon as it outgrows the limit, and one
 * that takes its time where others need the room. What was given up is read no further, and the client can still be
 * answered. By events: iterating over the request would cost half as much as a call's signature.
 */
export async function readBody(
  req: IncomingMessage,
  maxBytes: number,
  room: MemoryBudget,
): Promise<ReadBody | 'too large' | 'no room'> {
  if (Number(req.headers['content-length'] ?? 0) > maxBytes) return 'too large'
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const stop = (why: 'too large' | 'no room') => {
      req.off('data', take)
      chunks.length = 0
      share.release()
      resolve(why)
    }
    const share = room.reserve(() => stop('no room'))
    const take = (chunk: Buffer) => {
      size += chunk.length
      if (size > maxBytes) return stop('too large')
      chunks.push(chunk)
      share.grow(chunk.length)
    }
    req.on('data', take)
    req.once('end', () => {
      share.complete()
      resolve({
        bytes: chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks),
        release: () => share.release(),
      })
    })
    req.once('error', (error) => {
      share.release()
      reject(error)
    })
  })
}
