import type { RecordKey } from '../../registry/ports/key-value.js'

/** Reads the value of one key. */
export type ReadValue = (recordKey: RecordKey) => Promise<string | undefined>

/** The reads of one tick that go to the same server. */
interface Batch {
  /** The keys to read, by their ids, so that a key that several callers request is read once. */
  readonly keys: Map<string, RecordKey>
  /** The values by the same ids. Fulfilled once each of the reads has settled. */
  readonly values: Promise<ReadonlyMap<string, ReturnType<ReadValue>>>
}

/**
 * Collects the reads of one tick of the event loop, sends them together, and settles none of them before all have
 * settled, as DataLoader does (https://github.com/graphql/dataloader). Subsequent reads that depend on these are then
 * sent together too, even if the responses arrive in several pieces: code that awaits n times in sequence costs n round
 * trips, however many keys it reads.
 *
 * `serverOf` returns the server of a key, so that a part of a cluster that does not answer does not delay the others.
 */
export function batchedReads(read: ReadValue, serverOf: (recordKey: RecordKey) => string): ReadValue {
  const pending = new Map<string, Batch>()

  function open(server: string): Batch {
    const keys = new Map<string, RecordKey>()
    const values = endOfTick().then(async () => {
      pending.delete(server)
      const reads = new Map([...keys].map(([id, recordKey]) => [id, read(recordKey)] as const))
      await Promise.allSettled(reads.values())
      return reads
    })
    const batch = { keys, values }
    pending.set(server, batch)
    return batch
  }

  return async (recordKey) => {
    const id = idOf(recordKey)
    const { keys, values } = pending.get(serverOf(recordKey)) ?? open(serverOf(recordKey))
    keys.set(id, recordKey)
    return (await values).get(id)
  }
}

/**
 * Resolves after the promise jobs that are queued now and those that they queue; `process.nextTick` alone would run
 * before them.
 */
const endOfTick = () => Promise.resolve().then(() => new Promise<void>((resolve) => process.nextTick(resolve)))

/** A text that identifies a key across all registries and collections. */
export const idOf = ({ registry: { account, region }, collection, key }: RecordKey): string =>
  `${account} ${region} ${collection} ${key}`
