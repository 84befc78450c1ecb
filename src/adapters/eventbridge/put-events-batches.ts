import type { PutEventsRequestEntry } from '@aws-sdk/client-eventbridge'

/**
 * The most entries of one PutEvents request.
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
const MAX_ENTRIES = 10

/** The largest sum of the sizes of a request's entries, and so the largest entry: 256 KB. */
export const MAX_BYTES = 256 * 1024

/** The size of an entry's `Time`, whatever it is. */
const TIME_BYTES = 14

/**
 * The size of an entry as EventBridge counts it.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html
 */
export function sizeOf({ Time, Source = '', DetailType = '', Detail = '', Resources = [] }: PutEventsRequestEntry) {
  const texts = [Source, DetailType, Detail, ...Resources]
  return (Time ? TIME_BYTES : 0) + texts.reduce((bytes, text) => bytes + Buffer.byteLength(text), 0)
}

/** Splits entries into requests, in their order. An entry that exceeds the limit alone is in a request of its own. */
export function batchesOf<T extends { readonly entry: PutEventsRequestEntry }>(items: readonly T[]): T[][] {
  const batches: T[][] = []
  let bytes = 0
  for (const item of items) {
    const size = sizeOf(item.entry)
    const current = batches.at(-1)
    if (current && current.length < MAX_ENTRIES && bytes + size <= MAX_BYTES) {
      current.push(item)
      bytes += size
    } else {
      batches.push([item])
      bytes = size
    }
  }
  return batches
}
