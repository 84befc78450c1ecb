/** What one plane of one process takes on, so that a flood of requests exhausts neither memory nor other callers' share. */
export interface Limits {
  /** Open connections. One more closes the one that has been idle for longest. */
  readonly connections: number
  /** Requests worked on at a time; further ones are refused, to be sent again. */
  readonly requestsAtOnce: number
  /** Requests of one caller on average, with bursts of ten seconds' worth; 0 is no limit. */
  readonly requestsPerSecond: number
  /** How long a client may take to send the headers of a request. */
  readonly headersTimeoutSeconds: number
  /** How long a transfer may stand still; pushes and pulls may take hours as long as bytes move. */
  readonly idleTimeoutSeconds: number
  /** Memory for all request bodies together. Beyond it the body that has been arriving for longest is given up. */
  readonly bodiesMiB: number
}

/** The limits where nothing is configured. */
export const defaultLimits: Limits = {
  connections: 8192,
  requestsAtOnce: 1024,
  requestsPerSecond: 0,
  headersTimeoutSeconds: 20,
  idleTimeoutSeconds: 300,
  bodiesMiB: 256,
}
