/** How long and how often the client asks an upstream before it gives up; every number can be set, for specs to shrink. */
export interface UpstreamLimits {
  connectTimeoutMs: number
  /** From the request to the end of the answer's headers. */
  headersTimeoutMs: number
  /** A transfer that brings nothing for this long has stalled. */
  idleTimeoutMs: number
  /** Bound on `resolve`, retries included: a freshness check delays a pull that could be served from the cache. */
  resolveMs: number
  /** Bound on everything else until the answer is there (of a blob: its headers), retries included. */
  answerMs: number
  tries: number
  /** Tries where nothing listens or the name does not resolve. */
  unreachableTries: number
  /** Tries where each one costs a whole time-out. */
  timedOutTries: number
  firstDelayMs: number
  longestDelayMs: number
  /** A Retry-After beyond this is not waited for. */
  longestRetryAfterMs: number
  /** Large blobs of one registry. One account has half of them, one of its repositories a third. */
  blobsAtOnce: number
  /** The same for blobs of `smallBlobBytes` at most: configurations, signatures, bills of materials. */
  smallBlobsAtOnce: number
  smallBlobBytes: number
  /** The same for everything that is not a blob. */
  requestsAtOnce: number
}

/** Five tries, 250 ms doubled up to 10 s and Retry-After up to 60 s are oras-go's policy. */
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
