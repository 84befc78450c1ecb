import type { KeyValue, RecordKey } from '../../registry/ports/key-value.js'
import type { Address } from './address.js'
import { type Answer, batchedReads, idOf } from './batched-reads.js'
import type { Connection } from './connection.js'
import { decode } from './encoding.js'
import { encodedIn, hashTagOf, rangeOfKey, setOf } from './keys.js'
import { isFault, explained } from './redis-errors.js'
import { type StaleReads, staleReads } from './stale-reads.js'

/** Reads of single records, and the last known values for `staleIfError`. */
export interface RecordReads {
  readonly get: KeyValue['get']
  readonly stale: StaleReads
}

/** Reads records over a connection: those of one tick of the event loop with one time limit. */
export function recordReads(connection: Connection, countRoundTrip: () => void, { kind }: Address): RecordReads {
  const stale = staleReads()
  const serverOf = ({ registry }: RecordKey) => (kind === 'cluster' ? hashTagOf(registry) : '')
  const membersOf = membersOn(connection, countRoundTrip)
  const read = batchedReads(async (keys) => {
    const members = await membersOf([...keys.values()])
    return new Map([...keys].map(([id, { key }], index) => [id, answerOf(id, key, members[index])]))
  }, serverOf)

  function answerOf(id: string, key: string, member: Member): Answer {
    if (member instanceof Error) return member
    return stale.valueOf(id, member && encodedIn(member), (encoded) => decode(key, encoded))
  }

  return {
    stale,
    async get(recordKey) {
      const id = idOf(recordKey)
      try {
        return await read(id, recordKey)
      } catch (error) {
        return stale.orLastKnown(id, error)
      }
    },
  }
}

/** The member of a record, undefined if there is none, or the error that concerns this record alone. */
type Member = Buffer | undefined | Error

/**
 * Each record is a command of its own, not a script for all: in a cluster whose slots are being moved some keys are
 * already on another server than others.
 */
const membersOn =
  ({ read }: Connection, countRoundTrip: () => void) =>
  async (keys: readonly RecordKey[]): Promise<Member[]> => {
    const ranges = keys.map(({ registry, collection, key }) => ({
      set: setOf(registry, collection),
      ...rangeOfKey(key),
    }))
    return read(ranges[0]?.set ?? '', async (client) => {
      countRoundTrip()
      const found = await Promise.allSettled(
        ranges.map(({ set, min, max }) => client.zrangebylexBuffer(set, min, max, 'LIMIT', 0, 1)),
      )
      return found.map((result) => {
        if (result.status === 'fulfilled') return result.value[0]
        const error = result.reason as Error
        if (isFault(error)) return explained(error)
        throw error
      })
    })
  }
