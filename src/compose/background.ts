import { imageChangesTask } from '../background/image-changes.js'
import { imageEvents } from '../background/image-events.js'
import { pendingReplicationsTask } from '../background/replication/pending-replications.js'
import { replicationBackfillsTask } from '../background/replication/replication-backfills.js'
import { replicationReaction } from '../background/replication/replication-reaction.js'
import { replicator, type ReplicatorDeps } from '../background/replication/replicator.js'
import { startTasks, type Tasks } from '../background/tasks.js'
import type { EventLog } from '../registry/event-log.js'
import type { Clock } from '../registry/ports/clock.js'
import type { Leases } from '../registry/ports/lease.js'
import type { Log } from '../registry/ports/log.js'
import type { Store } from '../registry/ports/store.js'

/** The parts that background tasks use. */
export interface BackgroundParts extends ReplicatorDeps {
  readonly store: Store
  readonly leases: Leases
  readonly clock: Clock
  readonly events: EventLog
  readonly log: Log
}

/** Starts the background tasks of a process, which is the list of all of them. They stop first when it closes. */
export function startBackground(parts: BackgroundParts, closing: (() => Promise<void>)[]): Tasks {
  const reactions = [imageEvents(parts), replicationReaction(parts)]
  const replicating = { ...parts, replicate: replicator(parts) }
  const tasks = startTasks(
    [imageChangesTask(parts, reactions), pendingReplicationsTask(replicating), replicationBackfillsTask(replicating)],
    parts,
  )
  closing.unshift(() => tasks.stop())
  return tasks
}
