import type { Store } from '../registry/ports/store.js'
import { installation, type Registry } from '../registry/registry.js'
import { compactDigest, eachRecord } from './record-walk.js'

/** A number of things, and their size in bytes. */
export interface Amount {
  readonly count: number
  readonly bytes: number
}

/** What a registry holds. */
export interface RegistryTotals extends Registry {
  readonly repositories: number
  readonly images: number
  readonly tags: number
  /** Pull through cache rules. */
  readonly rules: number
  /** The layers and configs of its images, each counted once, whether or not their bytes are here. */
  readonly layers: Amount
}

/**
 * Counts what each registry holds, for people and for programs that watch. The layers are walked with pauses, so the
 * caller decides how often this is done.
 */
export async function registryTotals(store: Store): Promise<RegistryTotals[]> {
  const totals: RegistryTotals[] = []
  for (const registry of await store.registries()) {
    if (registry.account === installation.account) continue
    const [repositories, images, tags, rules, layers] = await Promise.all([
      store.count(registry, 'repositories'),
      store.count(registry, 'images'),
      store.count(registry, 'tags'),
      store.count(registry, 'rules'),
      layersIn(store, registry),
    ])
    totals.push({ ...registry, repositories, images, tags, rules, layers })
  }
  return totals.sort((a, b) => `${a.account} ${a.region}`.localeCompare(`${b.account} ${b.region}`))
}

async function layersIn(store: Store, registry: Registry): Promise<Amount> {
  const counted = new Set<string>()
  let bytes = 0
  for await (const { digest, size } of eachRecord(store.layers, registry)) {
    const id = compactDigest(digest)
    if (counted.has(id)) continue
    counted.add(id)
    bytes += size
  }
  return { count: counted.size, bytes }
}
