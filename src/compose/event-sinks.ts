import { eventFileSink } from '../adapters/event-file/event-file-sink.js'
import { eventBridgeSink } from '../adapters/eventbridge/eventbridge-sink.js'
import type { Config } from '../config/config.js'
import type { EventSink } from '../registry/ports/event-sink.js'

/** The sinks that the settings name. Every process of an installation needs the same ones. */
export function eventSinks({ eventsFile, eventBridgeEndpoint: endpoint, events }: Config): EventSink[] {
  const { eventBus, source } = events
  return [
    ...(eventsFile === undefined ? [] : [eventFileSink(eventsFile)]),
    ...(endpoint === undefined ? [] : [eventBridgeSink({ endpoint, eventBus, source })]),
  ]
}
