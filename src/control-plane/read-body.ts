import type { IncomingMessage } from 'node:http'

/** Room for UploadLayerPart's 20 MiB as base64 in JSON. */
export const MAX_BODY_BYTES = 32 * 1024 * 1024

/**
 * A request's body; one over the limit is given up by its declared length, or as soon as it outgrows the limit. By events:
 * iterating over the request would cost half as much as its signature.
 */
export async function readBody(req: IncomingMessage): Promise<Buffer | 'too large'> {
  if (Number(req.headers['content-length'] ?? 0) > MAX_BODY_BYTES) return 'too large'
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const take = (chunk: Buffer) => {
      size += chunk.length
      chunks.push(chunk)
      if (size <= MAX_BODY_BYTES) return
      req.off('data', take)
      chunks.length = 0
      resolve('too large')
    }
    req.on('data', take)
    req.once('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)))
    req.once('error', reject)
  })
}
