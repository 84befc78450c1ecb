import type { Store } from '../registry/ports/store.js'
import type { Traces } from '../registry/ports/traces.js'

/** Traces transactions. Single reads are many and short: a span for each would be noise. */
export const tracedStore = (store: Store, traces: Traces): Store => ({
  ...store,
  transact: (registry, work) =>
    traces.part('internal', 'transaction', { 'cloud.region': registry.region }, () => store.transact(registry, work)),
})
