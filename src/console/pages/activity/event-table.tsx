import Box from '@cloudscape-design/components/box'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { ReactNode } from 'react'
import type { RecordedEvent } from '../../../registry/events.js'
import { Time } from '../../parts/amounts.js'
import { RegistryLink } from '../../parts/registry-link.js'
import { type Column, ResourceTable } from '../../parts/resource-table.js'
import { accountOf, type EventAccount } from './event-account.js'
import './activity.css'
import { CopyButton } from '../../parts/copy-button.js'

interface EventTableProps {
  readonly events: readonly RecordedEvent[]
  readonly isRaw: boolean
  /** Whether they are of several registries, so that it is said of which. */
  readonly isOfAll: boolean
  readonly actions: ReactNode
  readonly description: ReactNode
  /** Why there may be none. */
  readonly empty: ReactNode
}

/** The latest events, as sentences or as raw JSON. */
export const EventTable = ({ events, isRaw, isOfAll, ...props }: EventTableProps) => (
  <ResourceTable
    title="Events"
    things="events"
    items={events}
    keyOf={({ time, id }) => `${time} ${id}`}
    columns={isRaw ? RAW : isOfAll ? [...PRETTY, ITS_REGISTRY] : PRETTY}
    {...props}
  />
)

const when: Column<RecordedEvent> = {
  id: 'time',
  header: 'Time',
  text: ({ time }) => time,
  cell: ({ time }) => <Time value={time} />,
  minWidth: 130,
}

const PRETTY: readonly Column<RecordedEvent>[] = [
  when,
  {
    id: 'kind',
    header: 'Kind',
    text: (event) => accountOf(event).kind,
    cell: (event) => {
      const { kind, status } = accountOf(event)
      return (
        <StatusIndicator type={status} iconAriaLabel={STATUS_NAMES[status]}>
          {kind}
        </StatusIndicator>
      )
    },
    minWidth: 120,
  },
  {
    id: 'what',
    header: 'What happened',
    text: (event) => sentenceOf(accountOf(event)),
    cell: (event) => <Sentence event={event} />,
    isRowHeader: true,
    minWidth: 240,
  },
  { id: 'outcome', header: 'Outcome', text: (event) => accountOf(event).outcome, minWidth: 200 },
  {
    id: 'who',
    header: 'Who, or by which rule',
    text: (event) => accountOf(event).who ?? accountOf(event).rule,
    cell: (event) => <Cause event={event} />,
    minWidth: 180,
  },
]

const ITS_REGISTRY: Column<RecordedEvent> = {
  id: 'registry',
  header: 'Registry',
  text: ({ account, region }) => `${account} ${region}`,
  minWidth: 130,
}

const STATUS_NAMES = { success: 'Succeeded', error: 'Failed', 'in-progress': 'In progress', info: 'Information' }

const sentenceOf = ({ repository = '', image = '', what }: EventAccount) => `${repository}${image} ${what}`.trim()

function Sentence({ event }: { readonly event: RecordedEvent }) {
  const { repository, image = '', what } = accountOf(event)
  if (repository === undefined) return what
  return (
    <>
      <RegistryLink registry={event} to={`/repositories/${encodeURIComponent(repository)}`}>
        {repository}
        {image.replace(REST_OF_DIGEST, '$1…')}
      </RegistryLink>{' '}
      {what}
    </>
  )
}

/** What a digest has beyond its first 12 digits, by which people tell it from others; the raw event has all. */
const REST_OF_DIGEST = /^(@sha256:[0-9a-f]{12})[0-9a-f]+$/

function Cause({ event }: { readonly event: RecordedEvent }) {
  const { who, rule } = accountOf(event)
  if (rule === undefined) return <span className="breakable">{who ?? '–'}</span>
  return (
    <>
      rule{' '}
      <RegistryLink registry={event} to={`/private-registry/pull-through-cache/${encodeURIComponent(rule)}`}>
        {rule}
      </RegistryLink>
    </>
  )
}

const RAW: readonly Column<RecordedEvent>[] = [
  when,
  {
    id: 'json',
    header: 'Event as EventBridge has it',
    text: (event) => JSON.stringify(event),
    cell: (event) => (
      <div className="breakable">
        <Box variant="code">{JSON.stringify(event)}</Box>{' '}
        <CopyButton variant="icon" text={JSON.stringify(event, undefined, 2)} label={`Copy event ${event.id}`} />
      </div>
    ),
    isRowHeader: true,
  },
]
