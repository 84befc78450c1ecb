import type { RecordedEvent } from '../events.js'

/** A destination outside the installation that recorded events are delivered to: a file, or EventBridge. */
export interface EventSink {
  /** Names the sink in the keys of undelivered events, in a lease and in the log. */
  readonly name: 'file' | 'eventbridge'
  /** Whether events of this source are delivered to the sink at all. */
  readonly takes: (event: Pick<RecordedEvent, 'source'>) => boolean
  /**
   * Delivers events in their order and resolves with the result of each; never rejects because the sink fails. Events
   * whose results are lost, because the process ended, are delivered again.
   */
  readonly deliver: (events: readonly RecordedEvent[], stopSignal: AbortSignal) => Promise<readonly Delivery[]>
  readonly close: () => Promise<void>
}

/** The result of one event: delivered, not delivered and to be tried again, or refused for good. */
export type Delivery =
  { readonly result: 'delivered' } | { readonly result: 'retry' | 'refused'; readonly reason: string }
