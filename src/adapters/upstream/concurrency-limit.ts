import type { Interceptor, UpstreamRequest } from './interceptor.js'

/** Waits for a slot at the upstream and returns what releases it. Rejects once the request's deadline has passed. */
export type AcquireSlot = (request: UpstreamRequest) => Promise<() => void>

/** Holds a slot while a request is sent and its response read. A blob holds its own until its body ends: see `openBlob`. */
export const concurrencyLimit =
  (acquireSlot: AcquireSlot): Interceptor =>
  (next) =>
  async (request, read) => {
    if (request.pool === 'blobs') return next(request, read)
    const release = await acquireSlot(request)
    try {
      return await next(request, read)
    } finally {
      release()
    }
  }
