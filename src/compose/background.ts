import { imageChangesTask } from '../background/image-changes.js'
import { imageEvents } from '../background/image-events.js'
import { lifecyclePreviewTask } from '../background/lifecycle/lifecycle-preview-task.js'
import type { LifecycleStorage } from '../background/lifecycle/lifecycle-storage.js'
import { lifecycleTask } from '../background/lifecycle/lifecycle-task.js'
import { startTasks, type Tasks } from '../background/tasks.js'
import type { Clock } from '../registry/ports/clock.js'
import type { EventLog } from '../registry/event-log.js'
import type { LifecycleSettings } from '../registry/lifecycle/lifecycle-policy.js'
import type { Leases } from '../registry/ports/lease.js'
import type { Log } from '../registry/ports/log.js'
import type { Store } from '../registry/ports/store.js'

/** The parts that background tasks use. */
export interface BackgroundParts extends LifecycleStorage {
  readonly store: Store
  readonly leases: Leases
  readonly events: EventLog
  readonly log: Log
  readonly clock: Clock
  readonly lifecycle: LifecycleSettings
}

/** Starts the background tasks of a process, which is the list of all of them. They stop first when it closes. */
export function startBackground(parts: BackgroundParts, closing: (() => Promise<void>)[]): Tasks {
  const reactions = [imageEvents(parts)]
  const tasks = startTasks(
    [imageChangesTask(parts, reactions), lifecycleTask(parts), lifecyclePreviewTask(parts)],
    parts,
  )
  closing.unshift(() => tasks.stop())
  return tasks
}
