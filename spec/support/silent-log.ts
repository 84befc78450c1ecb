import type { Log } from '../../src/registry/ports/log.js'

/** A log for what nobody reads. */
export const silent: Log = { trace() {}, debug() {}, info() {}, warn() {}, error() {} }
