import type { Log } from '../registry/ports/log.js'

/**
 * A log whose lines all bear the id a client was told as x-amzn-RequestId: what is done for a request, and what it began and
 * goes on behind it, is found by it. Handed on as a dependency: Node's AsyncLocalStorage would cost a cached pull a
 * seventh of its time.
 */
export const requestLog = (log: Log, requestId: string): Log => ({
  trace: (facts, message) => log.trace({ requestId, ...facts }, message),
  debug: (facts, message) => log.debug({ requestId, ...facts }, message),
  info: (facts, message) => log.info({ requestId, ...facts }, message),
  warn: (facts, message) => log.warn({ requestId, ...facts }, message),
  error: (facts, message) => log.error({ requestId, ...facts }, message),
})
