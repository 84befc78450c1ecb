import { imageChangesTask } from '../background/image-changes.js'
import { imageEvents } from '../background/image-events.js'
import { continuousScansTask } from '../background/scanning/continuous-scans.js'
import { imageScansTask } from '../background/scanning/image-scans.js'
import { scanOnPush } from '../background/scanning/scan-on-push.js'
import { scanningChangesTask } from '../background/scanning/scanning-changes.js'
import { startTasks, type Tasks } from '../background/tasks.js'
import type { EventLog } from '../registry/event-log.js'
import type { Blobs } from '../registry/ports/blob-store.js'
import type { Clock } from '../registry/ports/clock.js'
import type { Leases } from '../registry/ports/lease.js'
import type { Log } from '../registry/ports/log.js'
import type { Scanner } from '../registry/ports/scanner.js'
import type { Store } from '../registry/ports/store.js'
import type { Quotas } from '../registry/quotas.js'

/** The parts that background tasks use. */
export interface BackgroundParts {
  readonly store: Store
  readonly blobs: Pick<Blobs, 'read'>
  readonly clock: Pick<Clock, 'now'>
  readonly quotas: Quotas
  readonly scanner: Scanner
  readonly leases: Leases
  readonly events: EventLog
  readonly log: Log
}

/** Starts the background tasks of a process, which is the list of all of them. They stop first when it closes. */
export function startBackground(parts: BackgroundParts, closing: (() => Promise<void>)[]): Tasks {
  const reactions = [imageEvents(parts), scanOnPush(parts)]
  const scanning = [imageScansTask(parts), continuousScansTask(parts), scanningChangesTask(parts)]
  const tasks = startTasks([imageChangesTask(parts, reactions), ...scanning], parts)
  closing.unshift(() => tasks.stop())
  return tasks
}
