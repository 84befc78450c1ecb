import { destination, pino, stdSerializers } from 'pino'
import type { Config } from '../config/config.js'
import type { Log } from '../registry/ports/log.js'
import { sourceStacks } from './source-stacks.js'

/**
 * Opens the log of this process on standard output, written synchronously: readable lines on a terminal, else JSON
 * lines.
 */
export async function openLog(level: Config['log'], onTerminal: boolean): Promise<Log> {
  if (!onTerminal) return jsonLog(level)
  // Only a terminal needs it, and it takes longer to load than pino itself.
  const { default: pretty } = await import('pino-pretty')
  const log: Log = pino(options(level), pretty({ sync: true, translateTime: 'SYS:HH:MM:ss' }))
  return log
}

/** A log on standard error, for commands whose standard output is data. */
export const logBesideOutput = (level: Config['log']): Log => pino(options(level), destination({ fd: 2, sync: true }))

/** A log of JSON lines, for programs that read standard output. */
export const jsonLog = (level: Config['log']): Log => pino(options(level))

/**
 * The JSON lines that announce that the planes answer. They are written at once, so that what is written to standard
 * output next comes after them.
 */
export const announcements = (): Log => pino(options('info'), pino.destination({ sync: true }))

/** Process id and host name are left out: all lines come from one process on the reader's own machine. */
function options(level: Config['log']) {
  const mapped = sourceStacks()
  const err = (error: Error) => {
    const serialized = stdSerializers.err(error)
    if (typeof serialized.stack === 'string') serialized.stack = mapped(serialized.stack)
    return serialized
  }
  return { level, base: undefined, serializers: { err } }
}
