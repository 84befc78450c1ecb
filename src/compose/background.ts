import { imageActivationsTask } from '../background/image-activations.js'
import { imageChangesTask } from '../background/image-changes.js'
import { eventDeliveryTask } from '../background/event-delivery/event-delivery.js'
import { imageEvents } from '../background/image-events.js'
import { imageSignings } from '../background/image-signings.js'
import { lifecyclePreviewTask } from '../background/lifecycle/lifecycle-preview-task.js'
import type { LifecycleStorage } from '../background/lifecycle/lifecycle-storage.js'
import { lifecycleTask } from '../background/lifecycle/lifecycle-task.js'
import { continuousScansTask } from '../background/scanning/continuous-scans.js'
import { imageScansTask } from '../background/scanning/image-scans.js'
import { scanOnPush } from '../background/scanning/scan-on-push.js'
import { scanningChangesTask } from '../background/scanning/scanning-changes.js'
import { pendingReplicationsTask } from '../background/replication/pending-replications.js'
import { replicationBackfillsTask } from '../background/replication/replication-backfills.js'
import { replicationReaction } from '../background/replication/replication-reaction.js'
import { replicator, type ReplicatorDeps } from '../background/replication/replicator.js'
import { registryList } from '../background/registry-list.js'
import { startTasks, type Task, type Tasks } from '../background/tasks.js'
import type { EventLog } from '../registry/event-log.js'
import type { LifecycleSettings } from '../registry/lifecycle/lifecycle-policy.js'
import type { Blobs, Uploads, WithNotes } from '../registry/ports/blob-store.js'
import type { Clock } from '../registry/ports/clock.js'
import type { EventSink } from '../registry/ports/event-sink.js'
import type { Leases } from '../registry/ports/lease.js'
import type { Log } from '../registry/ports/log.js'
import type { Scanner } from '../registry/ports/scanner.js'
import type { Store } from '../registry/ports/store.js'
import type { Quotas } from '../registry/quotas.js'

/** The parts that background tasks use. */
export interface BackgroundParts extends LifecycleStorage, ReplicatorDeps {
  readonly store: Store
  readonly blobs: Blobs & Uploads & WithNotes
  readonly clock: Clock
  readonly quotas: Quotas
  readonly scanner: Scanner
  readonly leases: Leases
  readonly events: EventLog
  readonly eventSinks: readonly EventSink[]
  readonly log: Log
  readonly lifecycle: LifecycleSettings
}

/** Starts the background tasks of a process, which is the list of all of them. They stop first when it closes. */
export function startBackground(allParts: BackgroundParts, closing: (() => Promise<void>)[]): Tasks {
  const list = registryList(allParts.store)
  const parts = { ...allParts, store: { ...allParts.store, registries: () => list.registries() } }
  const reactions = [imageEvents(parts), scanOnPush(parts), imageSignings(parts), replicationReaction(parts)]
  const replicating = { ...parts, replicate: replicator(parts) }
  const tasks: Task[] = [
    imageChangesTask(parts, reactions),
    imageActivationsTask(parts),
    lifecycleTask(parts),
    lifecyclePreviewTask(parts),
    imageScansTask(parts),
    continuousScansTask(parts),
    scanningChangesTask(parts),
    pendingReplicationsTask(replicating),
    replicationBackfillsTask(replicating),
    ...parts.eventSinks.map((sink) => eventDeliveryTask(sink, parts)),
  ]
  const running = startTasks(tasks, parts)
  closing.unshift(async () => {
    await running.stop()
    for (const sink of parts.eventSinks) await sink.close()
  })
  return {
    ...running,
    written(collection) {
      if (tasks.some(({ watches }) => watches?.some((name) => name === collection))) list.forget()
      running.written(collection)
    },
    runSoon() {
      list.forget()
      running.runSoon()
    },
  }
}
