import { completeActivation } from '../registry/images/storage-class-change.js'
import { listEach } from '../registry/list-records.js'
import type { Clock } from '../registry/ports/clock.js'
import type { Store } from '../registry/ports/store.js'
import { firstDue } from './any-due.js'
import { attemptEach } from './attempt-each.js'
import type { Task } from './tasks.js'

/** The most restorations that are read together; they are in the order in which they become complete. */
const FIRST_PAGE = 50

/**
 * The task that records that archived images were restored, once they are: they are ACTIVE by the passing of time
 * alone, but events, scans and replication follow from a change.
 */
export const imageActivationsTask = ({
  store,
  clock,
}: {
  readonly store: Store
  readonly clock: Pick<Clock, 'now'>
}): Task => ({
  name: 'image activations',
  everyMs: 5_000,
  async isDue() {
    const now = (await clock.now()).getTime()
    return firstDue(store, store.imageActivations, ({ activeFrom }) => activeFrom <= now)
  },
  async run(stopSignal) {
    const now = (await clock.now()).getTime()
    await attemptEach(await store.registries(), (registry) =>
      attemptEach(listEach(store.imageActivations, registry, { firstPage: FIRST_PAGE }), async (activation) => {
        if (stopSignal.aborted || activation.activeFrom > now) return 'stop'
        await completeActivation(store, registry, activation)
      }),
    )
  },
})
