import type { Registry } from '../registry/registry.js'
import type { Store } from '../registry/ports/store.js'

/** How long the list is kept. A registry whose first record another process writes has no tasks for so long. */
const KEPT_MS = 10_000

/** A list of registries that is kept for a while. */
export interface RegistryList {
  registries(): Promise<Registry[]>
  /** The list is read again, because a registry may have been added. */
  forget(): void
}

/**
 * The registries of a store for all tasks together. To list them, Redis walks all its keys, also those of others: each
 * task would do so every few seconds in an installation that is idle.
 */
export function registryList(store: Pick<Store, 'registries'>): RegistryList {
  let latest: { readonly list: Promise<Registry[]>; readonly readAt: number } | undefined
  const forget = () => (latest = undefined)

  function read(): Promise<Registry[]> {
    const list = store.registries()
    const reading = (latest = { list, readAt: performance.now() })
    list.catch(() => latest === reading && forget())
    return list
  }

  return {
    forget,
    registries: () => (latest && performance.now() - latest.readAt < KEPT_MS ? latest.list : read()),
  }
}
