import { listEach } from '../registry/list-records.js'
import type { ImageChange } from '../registry/images/image-change.js'
import { imageChangeKey } from '../registry/images/record-image-change.js'
import type { Log } from '../registry/ports/log.js'
import { keyOf, type Store } from '../registry/ports/store.js'
import type { Registry } from '../registry/registry.js'
import { anyDue } from './any-due.js'
import { attemptEach, isOutage } from './attempt-each.js'
import type { Task } from './tasks.js'

/**
 * Reacts to one change of an image. It is called at least once for each change, so that after a kill it may be called
 * again, and only writes records: work that takes time is a task of its own.
 */
export type ImageChangeReaction = (registry: Registry, change: ImageChange) => Promise<void>

/**
 * The task that passes each change of an image to every reaction, in the order in which the changes were recorded, and
 * then removes it. If a reaction fails, all are called again in the next run, and the later changes of that registry
 * wait, until it has failed so often that the change is given up.
 */
export function imageChangesTask(
  { store, log }: { readonly store: Store; readonly log: Log },
  reactions: readonly ImageChangeReaction[],
): Task {
  const react = patientReactions(log, reactions)
  return {
    name: 'image changes',
    everyMs: 2_000,
    watches: ['imageChanges'],
    isDue: () => anyDue(store, store.imageChanges),
    async run(stopSignal) {
      await attemptEach(await store.registries(), async (registry) => {
        for await (const change of listEach(store.imageChanges, registry, {})) {
          if (stopSignal.aborted) return
          await react(registry, change)
          await store.imageChanges.remove(registry, imageChangeKey(change))
        }
      })
    },
  }
}

/** A minute of runs: a fault that lasts longer is one of the change, or of the reaction to it. */
const MAX_ATTEMPTS = 30

/**
 * Calls every reaction, also if another one fails. Throws the first error, but only as often as the limit says: then
 * the change is given up, because those after it would wait for ever.
 */
function patientReactions(log: Log, reactions: readonly ImageChangeReaction[]): ImageChangeReaction {
  /** By registry, the change that has failed and how often: those after it wait. */
  const failures = new Map<string, { readonly change: string; readonly attempts: number }>()
  return async (registry, change) => {
    const [name, key] = [keyOf(registry.account, registry.region), imageChangeKey(change)]
    try {
      await attemptEach(reactions, (react) => react(registry, change))
    } catch (err) {
      if (isOutage(err)) throw err
      const failure = failures.get(name)
      const attempts = failure?.change === key ? failure.attempts + 1 : 1
      failures.set(name, { change: key, attempts })
      if (attempts < MAX_ATTEMPTS) throw err
      log.error({ err, ...registry, change }, 'what follows from a change of an image is given up')
    }
    failures.delete(name)
  }
}
