import type { Log } from '../../src/registry/ports/log.js'

/** A log that discards everything. */
export const silent: Log = { trace() {}, debug() {}, info() {}, warn() {}, error() {} }
