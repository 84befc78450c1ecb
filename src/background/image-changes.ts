import { listEach } from '../registry/list-records.js'
import type { ImageChange } from '../registry/images/image-change.js'
import { imageChangeKey } from '../registry/images/record-image-change.js'
import type { Store } from '../registry/ports/store.js'
import type { Registry } from '../registry/registry.js'
import { anyDue } from './any-due.js'
import type { Task } from './tasks.js'

/**
 * Reacts to one change of an image. It is called at least once for each change, so that after a kill it may be called
 * again, and only writes records: work that takes time is a task of its own.
 */
export type ImageChangeReaction = (registry: Registry, change: ImageChange) => Promise<void>

/**
 * The task that passes each change of an image to every reaction, in the order in which the changes were recorded, and
 * then removes it. A reaction that fails is called again in the next run, and the later changes of that registry wait.
 */
export const imageChangesTask = (
  { store }: { readonly store: Store },
  reactions: readonly ImageChangeReaction[],
): Task => ({
  name: 'image changes',
  everyMs: 2_000,
  watches: ['imageChanges'],
  isDue: () => anyDue(store, store.imageChanges),
  async run(stopSignal) {
    for (const registry of await store.registries())
      for await (const change of listEach(store.imageChanges, registry, {})) {
        if (stopSignal.aborted) return
        for (const react of reactions) await react(registry, change)
        await store.imageChanges.remove(registry, imageChangeKey(change))
      }
  },
})
