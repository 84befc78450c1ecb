import { imageChangesTask } from '../background/image-changes.js'
import { eventDeliveryTask } from '../background/event-delivery/event-delivery.js'
import { imageEvents } from '../background/image-events.js'
import { startTasks, type Tasks } from '../background/tasks.js'
import type { EventLog } from '../registry/event-log.js'
import type { Clock } from '../registry/ports/clock.js'
import type { EventSink } from '../registry/ports/event-sink.js'
import type { Leases } from '../registry/ports/lease.js'
import type { Log } from '../registry/ports/log.js'
import type { Store } from '../registry/ports/store.js'

/** The parts that background tasks use. */
export interface BackgroundParts {
  readonly store: Store
  readonly leases: Leases
  readonly events: EventLog
  readonly eventSinks: readonly EventSink[]
  readonly clock: Clock
  readonly log: Log
}

/** Starts the background tasks of a process, which is the list of all of them. They stop first when it closes. */
export function startBackground(parts: BackgroundParts, closing: (() => Promise<void>)[]): Tasks {
  const reactions = [imageEvents(parts)]
  const deliveries = parts.eventSinks.map((sink) => eventDeliveryTask(sink, parts))
  const tasks = startTasks([imageChangesTask(parts, reactions), ...deliveries], parts)
  closing.unshift(async () => {
    await tasks.stop()
    for (const sink of parts.eventSinks) await sink.close()
  })
  return tasks
}
