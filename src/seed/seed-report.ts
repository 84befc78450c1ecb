import { ServiceException } from '../registry/errors.js'
import { formatCount } from '../registry/amounts.js'
import type { Log } from '../registry/ports/log.js'
import type { Outcome, Result } from './apply-declaration.js'
import type { Entry } from './declaration.js'

/** A line of the report: what became of one entry. */
export interface SeedLine extends Pick<Entry, 'registry' | 'path' | 'title'>, Result {
  /** Set if the entry was put in place at an earlier start, and is left as it is now. */
  readonly isFromBefore?: true
}

/** The line of an entry; logged at once, so that a report survives an interruption. */
export function reportedLine(
  { registry, path, title }: Entry,
  result: Omit<SeedLine, keyof Entry>,
  log: Log,
): SeedLine {
  const line = { registry, path, title, ...result }
  if (line.outcome === 'failed') log.warn({ path }, textOf(line))
  else if (line.isFromBefore) log.debug({}, textOf(line))
  else log.info({}, textOf(line))
  return line
}

/** A line as people read it: `seed: created repository team/app`. Of several registries, it names the entry's. */
function textOf({ outcome, title, detail, registry, path }: SeedLine): string {
  const where = /^\/seed\/\d/.test(path) ? ` in ${registry.account} ${registry.region}` : ''
  return `seed: ${outcome} ${title}${where}${detail === undefined ? '' : `: ${detail}`}`
}

/** How many entries had which outcome: `2 created, 1 failed`. If nothing was to be done, only that is said. */
export function summaryOf(lines: readonly SeedLine[]): string {
  if (lines.every(({ isFromBefore }) => isFromBefore))
    return `nothing to do, unchanged since it was put in place: ${formatCount(lines.length, 'item')}`
  return OUTCOMES.map((outcome) => [lines.filter((line) => line.outcome === outcome).length, outcome] as const)
    .filter(([count]) => count > 0)
    .map(([count, outcome]) => `${count} ${outcome}`)
    .join(', ')
}

const OUTCOMES: readonly Outcome[] = ['created', 'updated', 'imported', 'unchanged', 'failed']

/** The result of an attempt that the service refused, with its code and its sentence. Throws what is not a refusal. */
export function refused(error: unknown): Result {
  if (!(error instanceof ServiceException)) throw error
  return { outcome: 'failed', detail: `${error.code}: ${error.message}` }
}
