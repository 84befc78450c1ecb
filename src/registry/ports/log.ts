/** A structured logger. Its methods are in ascending order of severity. */
export interface Log {
  trace(facts: object, message: string): void
  debug(facts: object, message: string): void
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}

/**
 * A log that adds the request id, which the client got as x-amzn-RequestId, to each line, also for work that continues
 * after the response. The id is passed explicitly, because Node's AsyncLocalStorage would increase the time of a cached
 * pull by a seventh.
 */
export const logWithRequestId = (log: Log, requestId: string): Log => ({
  trace: (facts, message) => log.trace({ requestId, ...facts }, message),
  debug: (facts, message) => log.debug({ requestId, ...facts }, message),
  info: (facts, message) => log.info({ requestId, ...facts }, message),
  warn: (facts, message) => log.warn({ requestId, ...facts }, message),
  error: (facts, message) => log.error({ requestId, ...facts }, message),
})
