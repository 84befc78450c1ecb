/** The `events` section of the configuration: what is recorded, and how EventBridge receives it. */
export interface EventSettings {
  /** Whether clients' pulls are recorded in addition to the service's events. */
  readonly pulls: boolean
  /** Name or ARN of EventBridge's event bus. */
  readonly eventBus: string
  /** The `source` of the events that EventBridge receives. */
  readonly source: string
}

/** The defaults. */
export const defaultEventSettings: EventSettings = { pulls: true, eventBus: 'default', source: 'aws.ecr' }
