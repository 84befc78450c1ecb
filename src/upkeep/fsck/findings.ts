import type { Halves } from '../installation-label.js'

/** How many lines are told; more are counted. */
const LINES = 1000

/** What fsck found wrong. */
export interface Findings {
  /** `done` says what became of it, where something did. */
  add(what: string, done?: string): void
  readonly found: number
  readonly repaired: number
  /** Sorted, one line each. */
  lines(): string[]
}

/** A check under way. */
export interface Checking extends Halves {
  readonly repair: boolean
  readonly findings: Findings
  /** Blobs whose bytes are not theirs: as good as not there. */
  readonly broken: Set<string>
}

/** Nothing wrong so far. */
export function findings(): Findings {
  const lines: string[] = []
  const counts = { found: 0, repaired: 0 }
  return {
    add(what, done) {
      counts.found++
      if (done !== undefined) counts.repaired++
      if (lines.length < LINES) lines.push(done === undefined ? what : `${what}: ${done}`)
    },
    get found() {
      return counts.found
    },
    get repaired() {
      return counts.repaired
    },
    lines: () => [...lines.sort(), ...(counts.found > LINES ? [`and ${counts.found - LINES} more`] : [])],
  }
}
