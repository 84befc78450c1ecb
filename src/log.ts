import { pino } from 'pino'
import type { Config } from './config.js'
import type { Log } from './registry/ports/log.js'

/** The process's log, on standard output and written at once: readable lines on a terminal, JSON lines otherwise. */
export async function openLog(level: Config['log'], onTerminal: boolean): Promise<Log> {
  const log: Log = onTerminal ? pino({ level, base: undefined }, await readable()) : jsonLog(level)
  return log
}

/** JSON lines without process id and host name, which say nothing on one's own machine. */
export const jsonLog = (level: Config['log']): Log => pino({ level, base: undefined })

async function readable() {
  const { default: pretty } = await import('pino-pretty')
  return pretty({ sync: true, translateTime: 'SYS:HH:MM:ss' })
}
