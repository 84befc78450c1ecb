import type { Config } from '../config/config.js'
import type { Log } from '../registry/ports/log.js'

const SILENT: Log = { trace() {}, debug() {}, info() {}, warn() {}, error() {} }

/**
 * The log of an emulator in process: nothing, or lines of JSON on standard output if a level is set, or a logger of the
 * program. What writes the lines is loaded only if it is used.
 */
export async function libraryLog(level: Config['log'], logger: Log | undefined): Promise<Log> {
  if (logger) return logger
  if (level === 'silent') return SILENT
  return (await import('../cli/process-log.js')).jsonLog(level)
}
