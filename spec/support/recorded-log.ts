import type { Log } from '../../src/registry/ports/log.js'

/** A log whose lines a spec can read. */
export interface RecordedLog extends Log {
  /** The level, facts and message of each line. */
  readonly lines: readonly [string, object, string][]
}

export function recordedLog(): RecordedLog {
  const lines: [string, object, string][] = []
  const at = (level: string) => (facts: object, message: string) => void lines.push([level, facts, message])
  return { lines, trace: at('trace'), debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
