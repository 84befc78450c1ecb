import type { Interceptor, UpstreamRequest } from './interceptor.js'

/** Waits for a permit at the upstream and returns what releases it. Rejects once the request's deadline has passed. */
export type AcquirePermit = (request: UpstreamRequest) => Promise<() => void>

/**
 * Holds a permit while a request is sent and its response read. A blob has its own until its body ends: see `openBlob`.
 */
export const concurrencyLimit =
  (acquirePermit: AcquirePermit): Interceptor =>
  (next) =>
  async (request, read) => {
    if (request.pool === 'blobs') return next(request, read)
    const release = await acquirePermit(request)
    try {
      return await next(request, read)
    } finally {
      release()
    }
  }
