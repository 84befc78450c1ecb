import type { DecisionLog } from '../access/explain/decision-log.js'
import { decisionSource } from '../access/explain/explained-request.js'
import type { Tasks } from '../background/tasks.js'
import { UsageError } from '../config/usage-error.js'
import type { Backlog } from '../pull-through-cache/backlog/backlog.js'
import { latestEvents } from '../registry/event-log.js'
import { LAST_MOMENT } from '../registry/ports/clock.js'
import type { RecordedEvent } from '../registry/events.js'
import type { DecisionSource } from '../registry/ports/decision-source.js'
import { removeEverything } from '../upkeep/remove-everything.js'
import type { Storage } from './storage.js'

/** What `/_admin` offers to tests, for a program that runs the planes itself. */
export interface InProcess {
  /**
   * Advances the clock and resolves with the new time when the background tasks have done what became due. Throws
   * UsageError beyond the year 9999.
   */
  advance(seconds: number): Promise<Date>
  /** Completes the imports that pulls have begun, and resolves when the background tasks have nothing to do. */
  settled(): Promise<void>
  /** Removes all state and all images. */
  reset(): Promise<void>
  /** The latest events, oldest first. */
  events(): Promise<RecordedEvent[]>
  /** The decisions of the planes of this process. */
  readonly decisions: DecisionSource
}

/** The parts that have been started. */
interface StartedParts {
  readonly tasks: Tasks
  readonly backlog: Pick<Backlog, 'resume'> | undefined
  /** Puts in place again what an installation has from the start on. */
  readonly afterReset: (() => Promise<void>) | undefined
}

/** Calls the parts that `/_admin` calls, without HTTP. */
export function inProcess(
  parts: Pick<Storage, 'store' | 'blobs' | 'ids' | 'clock'> & { readonly decisions: DecisionLog },
  { tasks, backlog, afterReset }: StartedParts,
): InProcess {
  return {
    async advance(seconds) {
      if ((await parts.clock.now()).getTime() + seconds * 1000 > LAST_MOMENT)
        throw new UsageError('The clock must not be advanced beyond the year 9999')
      const time = await parts.clock.advance(seconds)
      await tasks.runAll()
      return time
    },
    async settled() {
      await backlog?.resume()
      await tasks.runAll()
    },
    async reset() {
      await removeEverything(parts)
      await afterReset?.()
      await tasks.runAll()
    },
    events: () => latestEvents(parts.store),
    decisions: decisionSource(parts.decisions),
  }
}
