import type { Store } from '../registry/ports/store.js'
import type { Traces } from '../registry/ports/traces.js'

/** Adds a span for each transaction. Single reads get none: they are too many and too short. */
export const tracedStore = (store: Store, traces: Traces): Store => ({
  ...store,
  transact: (registry, work) =>
    traces.part('internal', 'transaction', { 'cloud.region': registry.region }, () => store.transact(registry, work)),
})
