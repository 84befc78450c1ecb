/**
 * The limits of one plane of one process, so that a flood of requests neither exhausts memory nor starves other
 * callers.
 */
export interface Limits {
  /** Open connections. Beyond this number the one that has been idle for longest is closed. */
  readonly connections: number
  /** Requests worked on at a time. Further ones are refused, and clients retry them. */
  readonly requestsAtOnce: number
  /** Average rate limit of one caller, with bursts of ten seconds' worth of requests; 0 means no limit. */
  readonly requestsPerSecond: number
  /**
   * Requests per second for an action of ECR (`BatchGetImage`), of one account in one Region, on both planes together.
   */
  readonly rates: Readonly<Record<string, number>>
  /** How long a client may take to send the headers of a request. */
  readonly headersTimeoutSeconds: number
  /** How long a transfer may stall. Pushes and pulls may take hours as long as bytes move. */
  readonly idleTimeoutSeconds: number
  /**
   * Memory budget for all request bodies together. If it is exceeded, the request whose body has been arriving for
   * longest is refused.
   */
  readonly bodiesMiB: number
}

/** The default limits. */
export const defaultLimits: Limits = {
  connections: 8192,
  requestsAtOnce: 1024,
  requestsPerSecond: 0,
  rates: {},
  headersTimeoutSeconds: 20,
  idleTimeoutSeconds: 300,
  bodiesMiB: 256,
}
