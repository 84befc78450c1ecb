import type { RecordKey } from '../../registry/ports/key-value.js'

/** What a read of one key found, or the error that concerns this key alone. */
export type Answer = string | undefined | Error

/** Reads keys of one server in a single request. The keys and the answers are by id: see `idOf`. */
export type ReadBatch = (keys: ReadonlyMap<string, RecordKey>) => Promise<ReadonlyMap<string, Answer>>

/** The reads of one tick that go to the same server. */
interface Batch {
  /** By id, so that a key that several callers request is read once. */
  readonly keys: Map<string, RecordKey>
  readonly answers: ReturnType<ReadBatch>
}

/**
 * Collects the reads of one tick of the event loop and sends them as one request, as DataLoader does
 * (https://github.com/graphql/dataloader). All of them settle in the same tick, so subsequent reads that depend on
 * these are sent together too: code that awaits n times in sequence costs n round trips, however many keys it reads.
 *
 * `serverOf` returns the server of a key, so that a part of a cluster that does not answer does not delay the others.
 */
export function batchedReads(
  read: ReadBatch,
  serverOf: (recordKey: RecordKey) => string,
): (id: string, recordKey: RecordKey) => Promise<string | undefined> {
  const pending = new Map<string, Batch>()

  function open(server: string): Batch {
    const keys = new Map<string, RecordKey>()
    const answers = endOfTick().then(() => {
      pending.delete(server)
      return read(keys)
    })
    const batch = { keys, answers }
    pending.set(server, batch)
    return batch
  }

  return async (id, recordKey) => {
    const server = serverOf(recordKey)
    const { keys, answers } = pending.get(server) ?? open(server)
    keys.set(id, recordKey)
    const answer = (await answers).get(id)
    if (answer instanceof Error) throw answer
    return answer
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
