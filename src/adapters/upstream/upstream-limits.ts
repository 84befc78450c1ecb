/** How long and how often the client tries an upstream, and how much at once. Specs use smaller numbers. */
export interface UpstreamLimits {
  connectTimeoutMs: number
  /** From the request to the end of the response headers. */
  headersTimeoutMs: number
  /** A transfer without a byte for this long has stalled. */
  idleTimeoutMs: number
  /** Bound on a freshness check, retries included: it delays a pull that could be served from the cache. */
  resolveMs: number
  /** Bound on every other request, retries included; for a blob, until its headers have arrived. */
  answerMs: number
  /** Tries for transient statuses and broken connections. */
  tries: number
  /** Tries if nothing listens or the name does not resolve. */
  unreachableTries: number
  /** Tries if each one ends in a timeout. */
  timedOutTries: number
  firstDelayMs: number
  longestDelayMs: number
  /** If Retry-After asks for more, the request fails at once. */
  longestRetryAfterMs: number
  /** Concurrent transfers of large blobs from one registry, shared fairly by accounts and repositories. */
  blobsAtOnce: number
  /** Concurrent transfers of blobs of at most `smallBlobBytes`: configurations, signatures, bills of materials. */
  smallBlobsAtOnce: number
  smallBlobBytes: number
  /** Concurrent requests for everything that is not a blob. */
  requestsAtOnce: number
}

/** Five tries, delays from 250 ms doubled up to 10 s, and Retry-After up to 60 s are the policy of oras-go. */
export const defaultLimits: UpstreamLimits = {
  connectTimeoutMs: 5_000,
  headersTimeoutMs: 15_000,
  idleTimeoutMs: 30_000,
  resolveMs: 10_000,
  answerMs: 90_000,
  tries: 5,
  unreachableTries: 3,
  timedOutTries: 2,
  firstDelayMs: 250,
  longestDelayMs: 10_000,
  longestRetryAfterMs: 60_000,
  blobsAtOnce: 16,
  smallBlobsAtOnce: 16,
  smallBlobBytes: 1024 * 1024,
  requestsAtOnce: 64,
}
