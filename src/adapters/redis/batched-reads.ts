import type { Place } from '../../registry/ports/key-value.js'

/** Reads the value of one key. */
export type ReadValue = (place: Place) => Promise<string | undefined>

/** The reads of one tick that go to the same server. */
interface Batch {
  /** By the id of their place, so that a key that several callers request is read once. */
  readonly places: Map<string, Place>
  /** By the same ids. Fulfilled once each of the reads has settled. */
  readonly values: Promise<ReadonlyMap<string, ReturnType<ReadValue>>>
}

/**
 * Collects the reads of one tick of the event loop, sends them together, and settles none of them before all have
 * settled, as DataLoader does (https://github.com/graphql/dataloader). Subsequent reads that depend on these are then
 * sent together too, even if the responses arrive in several pieces: code that awaits n times in sequence costs n round
 * trips, however many keys it reads.
 *
 * `serverOf` names the server of a place, so that a part of a cluster that does not answer does not delay the others.
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

/**
 * Resolves after the promise jobs that are queued now and those that they queue; `process.nextTick` alone would run
 * before them.
 */
const endOfTick = () => Promise.resolve().then(() => new Promise<void>((resolve) => process.nextTick(resolve)))

/** Identifies a place across all registries. */
export const idOf = ({ registry: { account, region }, collection, key }: Place): string =>
  `${account} ${region} ${collection} ${key}`
