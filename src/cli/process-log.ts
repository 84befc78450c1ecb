import picocolors from 'picocolors'
import { destination, pino, stdSerializers } from 'pino'
import type { Config } from '../config/config.js'
import type { Log } from '../registry/ports/log.js'
import { sourceStacks } from './source-stacks.js'

/** Where a log is written to, line by line. */
export interface LogDestination {
  readonly write: (text: string) => void
}

/** Opens the log of this process: readable lines on a terminal, else JSON lines. */
export async function openLog(level: Config['log'], onTerminal: boolean, lines: LogDestination): Promise<Log> {
  if (!onTerminal) return jsonLog(level, lines)
  // Only a terminal needs it, and it takes longer to load than pino itself.
  const { prettyFactory } = await import('pino-pretty')
  const readable = prettyFactory({ translateTime: 'SYS:HH:MM:ss', colorize: picocolors.isColorSupported })
  const log: Log = pino(options(level), { write: (line: string) => lines.write(readable(line)) })
  return log
}

/** A log on standard error, for commands whose standard output is data. */
export const logBesideOutput = (level: Config['log']): Log => pino(options(level), destination({ fd: 2, sync: true }))

/** A log of JSON lines, for programs that read it. */
export const jsonLog = (level: Config['log'], lines?: LogDestination): Log =>
  lines ? pino(options(level), lines) : pino(options(level))

/** What is held in memory for a reader that is slow, or a disk that is full. Lines beyond it are left out. */
const MAX_PENDING_BYTES = 16 * 1024 * 1024

/**
 * Standard output for the log and for other lines, in the order in which they are written. A reader that is slow is not
 * waited for. Lines that cannot be written, because the disk of the file is full, are written with the next one that
 * can: the planes go on without their log.
 */
export function openOutput(): LogDestination {
  const output = destination({ sync: false, maxLength: MAX_PENDING_BYTES })
  const flush = output.flushSync.bind(output)
  let canWrite = true
  output.on('error', () => (canWrite = false))
  output.on('drain', () => (canWrite = true))
  // The end of the process flushes, and a flush repeats a write that fails for ever.
  output.flushSync = () => {
    if (canWrite) flush()
  }
  return output
}

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
