import type { Place } from '../../registry/ports/key-value.js'

/** Reads the value of one key. */
export type ReadValue = (place: Place) => Promise<string | undefined>

/** The reads of one tick that go to the same server. */
interface Batch {
  /** By the identity of their place, so that a key is read once however many ask for it. */
  readonly places: Map<string, Place>
  /** By the same identity; settled, each of them, when this is fulfilled. */
  readonly values: Promise<ReadonlyMap<string, ReturnType<ReadValue>>>
}

/**
 * Collects the reads of one tick of the event loop, sends them together, and returns none before all are there, as DataLoader
 * does (https://github.com/graphql/dataloader). Reads that depend on several of them then leave together, too, even when
 * the answers arrive in several pieces: code that awaits n times in a row costs n round trips, however much it reads.
 *
 * `serverOf` names the server of a place: a part of a cluster that does not answer must not hold up the others.
 */
export function batchedReads(read: ReadValue, serverOf: (place: Place) => string): ReadValue {
  const pending = new Map<string, Batch>()

  function open(server: string): Batch {
    const places = new Map<string, Place>()
    const values = endOfTick().then(async () => {
      pending.delete(server)
      const reads = new Map([...places].map(([id, place]) => [id, read(place)] as const))
      await Promise.allSettled(reads.values())
      return reads
    })
    const batch = { places, values }
    pending.set(server, batch)
    return batch
  }

  return async (place) => {
    const id = idOf(place)
    const { places, values } = pending.get(serverOf(place)) ?? open(serverOf(place))
    places.set(id, place)
    return (await values).get(id)
  }
}

/** Behind the promise jobs that are queued now and those they queue; `process.nextTick` alone would run before them. */
const endOfTick = () => Promise.resolve().then(() => new Promise<void>((resolve) => process.nextTick(resolve)))

/** Names a place among all registries. */
export const idOf = ({ registry: { account, region }, collection, key }: Place): string =>
  `${account} ${region} ${collection} ${key}`
