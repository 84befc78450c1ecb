import { memoryBlobStore } from '../../src/adapters/memory/blob-store.js'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { pinnedBlobs } from '../../src/upkeep/pinned-blobs.js'
import { storedPins } from '../../src/upkeep/stored-pins.js'
import { keyedMutex } from '../../src/coordination/keyed-mutex.js'
import { defaultQuotas } from '../../src/registry/quotas.js'
import { newRepository, type Repository } from '../../src/registry/repositories/repository.js'
import { storeOf } from '../../src/store/store-of.js'

/** The registry and time for specs of rules. */
export const registry = { account: '123456789012', region: 'us-east-1' }
export const now = new Date('2026-01-02T03:04:05.678Z')
/** A deletion by a request at this time. */
export const byRequest = { now, cause: 'request' } as const

/** A store and blobs in memory with one repository, for rules that need no plane. */
export async function registryWith(name: string, repository: Partial<Repository> = {}) {
  const store = storeOf(memoryKeyValue())
  const clock = { now: async () => now, wall: () => now, advance: async () => now }
  const pins = storedPins({ store, clock, graceSeconds: 3600 })
  const blobs = pinnedBlobs(memoryBlobStore(), pins)
  await store.repositories.insert(registry, name, newRepository(name, now, repository))
  return { store, blobs, pins, clock, quotas: defaultQuotas, uploadMutex: keyedMutex() }
}
