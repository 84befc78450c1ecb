/** What one plane of one process takes on, so that a flood costs neither the process nor everybody else's patience. */
export interface Limits {
  /** Connections kept open. One more closes the one that has been idle for longest. */
  readonly connections: number
  /** Requests worked on at a time; further ones are asked to come again. */
  readonly requestsAtOnce: number
  /** Requests of one caller, on average; a burst of ten seconds' worth is let through. 0: no bound. */
  readonly requestsPerSecond: number
  /** How long a client may take to send the headers of a request. */
  readonly headersTimeoutSeconds: number
  /** How long a transfer may stand still: pushes and pulls of hours are fine as long as bytes move. */
  readonly idleTimeoutSeconds: number
  /** Bodies held in memory, all together. One byte more gives up the one that has been on its way for longest. */
  readonly bodiesMiB: number
}

/** What holds where nothing is said. */
export const defaultLimits: Limits = {
  connections: 8192,
  requestsAtOnce: 1024,
  requestsPerSecond: 0,
  headersTimeoutSeconds: 20,
  idleTimeoutSeconds: 300,
  bodiesMiB: 256,
}
