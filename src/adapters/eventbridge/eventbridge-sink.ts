import type { EventBridgeClient, PutEventsRequestEntry, PutEventsResultEntry } from '@aws-sdk/client-eventbridge'
import type { RecordedEvent } from '../../registry/events.js'
import type { Delivery, EventSink } from '../../registry/ports/event-sink.js'
import { batchesOf, MAX_BYTES, sizeOf } from './put-events-batches.js'

/** Where and how events are sent to EventBridge. */
export interface EventBridgeSettings {
  readonly endpoint: string
  /** Name or ARN of the event bus. */
  readonly eventBus: string
  /** The `source` that events are sent with. EventBridge itself accepts none that begins with `aws.` from a client. */
  readonly source: string
  /** The time limit of one request, including the SDK's own retries. */
  readonly timeoutMs?: number
}

/** An event with its entry in a PutEvents request. */
interface Item {
  readonly region: string
  readonly entry: PutEventsRequestEntry
}

const DEFAULT_TIMEOUT_MS = 10_000

/** The attempts of the SDK within one delivery, after which the delivery is repeated later. */
const ATTEMPTS = 2

/**
 * Sends the events of ECR to EventBridge's PutEvents, in the Region of each event and with the credentials of the SDK's
 * default chain. Events that only this emulator has (pulls) are not sent. The SDK is loaded with the first event.
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
export function eventBridgeSink(settings: EventBridgeSettings): EventSink {
  const clients = new Map<string, Promise<EventBridgeClient>>()
  const clientOf = (region: string): Promise<EventBridgeClient> => {
    const client = clients.get(region) ?? openClient(region, settings)
    clients.set(region, client)
    return client
  }

  return {
    name: 'eventbridge',
    takes: ({ source }) => source === 'aws.ecr',
    async deliver(events, stopSignal) {
      const items = events.map((event) => itemOf(event, settings))
      const results = new Map<Item, Delivery>()
      for (const [region, ofRegion] of byRegion(items)) {
        for (const batch of batchesOf(ofRegion)) {
          const answers = await putEvents(batch, () => clientOf(region), stopSignal, settings)
          batch.forEach((item, index) => results.set(item, answers[index] ?? NO_RESULT))
          if (answers.every(({ result }) => result === 'retry')) break
        }
      }
      return items.map((item) => results.get(item) ?? NOT_SENT)
    },
    async close() {
      for (const client of clients.values()) (await client).destroy()
    },
  }
}

async function openClient(region: string, { endpoint, timeoutMs = DEFAULT_TIMEOUT_MS }: EventBridgeSettings) {
  const { EventBridgeClient } = await import('@aws-sdk/client-eventbridge')
  const requestHandler = { connectionTimeout: timeoutMs, requestTimeout: timeoutMs }
  return new EventBridgeClient({ region, endpoint, maxAttempts: ATTEMPTS, requestHandler })
}

const itemOf = (event: RecordedEvent, { eventBus, source }: EventBridgeSettings): Item => ({
  region: event.region,
  entry: {
    Time: new Date(event.time),
    Source: source,
    DetailType: event['detail-type'],
    Detail: JSON.stringify(event.detail),
    Resources: event.resources,
    EventBusName: eventBus,
  },
})

function byRegion(items: readonly Item[]): Map<string, Item[]> {
  const regions = new Map<string, Item[]>()
  for (const item of items) regions.set(item.region, [...(regions.get(item.region) ?? []), item])
  return regions
}

/** Sends one request and returns the result of each entry. */
async function putEvents(
  batch: readonly Item[],
  openedClient: () => Promise<EventBridgeClient>,
  stopSignal: AbortSignal,
  { timeoutMs = DEFAULT_TIMEOUT_MS }: EventBridgeSettings,
): Promise<Delivery[]> {
  if (batch.some(({ entry }) => sizeOf(entry) > MAX_BYTES)) return batch.map(() => TOO_LARGE)
  try {
    const { PutEventsCommand } = await import('@aws-sdk/client-eventbridge')
    const client = await openedClient()
    const command = new PutEventsCommand({ Entries: batch.map(({ entry }) => entry) })
    const abortSignal = AbortSignal.any([stopSignal, AbortSignal.timeout(timeoutMs)])
    const { Entries = [] } = await client.send(command, { abortSignal })
    return Entries.map(resultOf)
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    return batch.map(() => ({ result: 'retry', reason }))
  }
}

const TOO_LARGE: Delivery = { result: 'refused', reason: `the event has more than ${MAX_BYTES} bytes` }
const NO_RESULT: Delivery = { result: 'retry', reason: 'the answer has no result for the event' }
const NOT_SENT: Delivery = { result: 'retry', reason: 'not sent, because an earlier request failed' }

/**
 * The error codes of an entry after which the same entry may succeed, as the API documents them; any other refuses the
 * entry for good. https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html
 */
const RETRYABLE: ReadonlySet<string> = new Set(['InternalFailure', 'ThrottlingException'])

function resultOf({ EventId, ErrorCode, ErrorMessage = '' }: PutEventsResultEntry): Delivery {
  if (ErrorCode !== undefined)
    return { result: RETRYABLE.has(ErrorCode) ? 'retry' : 'refused', reason: `${ErrorCode}: ${ErrorMessage}` }
  return EventId === undefined ? NO_RESULT : { result: 'delivered' }
}
