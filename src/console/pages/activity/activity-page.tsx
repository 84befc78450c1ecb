import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import SegmentedControl from '@cloudscape-design/components/segmented-control'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useState } from 'react'
import type { RecordedEvent } from '../../../registry/events.js'
import { FailureAlert } from '../../parts/failure-alert.js'
import { Page } from '../../parts/page.js'
import { ScopeControl, useScope } from '../../parts/registry-scope.js'
import { useParameter } from '../../parts/use-parameter.js'
import { pathWith } from '../../requests/admin.js'
import { accountOf, eventKinds } from './event-account.js'
import { EventTable } from './event-table.js'
import { ImportList } from './import-list.js'
import { type Connection, EVENTS_SHOWN, useActivity } from './use-activity.js'

/** What happens right now: imports in flight, and events as they are recorded. */
export function ActivityPage() {
  const { query } = useScope()
  const path = pathWith('/activity', { ...query, latest: String(EVENTS_SHOWN) })
  return <LiveActivity key={path} path={path} />
}

function LiveActivity({ path }: { readonly path: string }) {
  const { imports, events, connection } = useActivity(path)
  return (
    <Page
      title="Activity"
      description="Imports as they run and events as they happen, of every client and of the background."
      actions={
        <SpaceBetween direction="horizontal" size="s" alignItems="center">
          <ConnectionState connection={connection} />
          <ScopeControl />
        </SpaceBetween>
      }
    >
      <SpaceBetween size="l">
        {connection.state === 'closed' && <NotConnected {...connection} />}
        <ImportList imports={imports} />
        <Events events={events} />
      </SpaceBetween>
    </Page>
  )
}

const ConnectionState = ({ connection: { state } }: { readonly connection: Connection }) =>
  ({
    open: <StatusIndicator type="success">Live</StatusIndicator>,
    connecting: <StatusIndicator type="loading">Connecting</StatusIndicator>,
    closed: <StatusIndicator type="error">Not connected</StatusIndicator>,
  })[state]

function NotConnected({ error, retryInMs }: { readonly error: unknown; readonly retryInMs: number }) {
  if (error !== undefined) return <FailureAlert error={error} heading="Not connected" />
  return (
    <Alert type="warning" header="Not connected">
      ecr-local has ended the connection. It is tried again in {Math.round(retryInMs / 1_000)} s; what is shown may be
      out of date.
    </Alert>
  )
}

const ALL = 'all'

function Events({ events }: { readonly events: readonly RecordedEvent[] }) {
  const [view, chooseView] = useParameter('view', 'pretty')
  const [kind, chooseKind] = useParameter('kind', ALL)
  const { isAll } = useScope()
  const [paused, setPaused] = useState<readonly RecordedEvent[]>()
  const shown = (paused ?? events).filter((event) => kind === ALL || accountOf(event).kind === kind)
  const options = [ALL, ...eventKinds].map((value) => ({ value, label: value === ALL ? 'All kinds' : value }))
  const more = paused ? newSince(paused, events) : 0
  return (
    <EventTable
      events={shown}
      isRaw={view === 'raw'}
      isOfAll={isAll}
      description={paused ? `Paused: ${more} new since` : `The latest ${EVENTS_SHOWN}, as they happen.`}
      empty={<Box>Pull, push or delete an image, and it appears here at once.</Box>}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Select
            ariaLabel="Kind of events"
            selectedOption={options.find(({ value }) => value === kind) ?? null}
            options={options}
            onChange={({ detail }) => chooseKind(detail.selectedOption.value ?? ALL)}
          />
          <SegmentedControl
            label="Form of events"
            selectedId={view === 'raw' ? 'raw' : 'pretty'}
            options={[
              { id: 'pretty', text: 'Pretty' },
              { id: 'raw', text: 'Raw' },
            ]}
            onChange={({ detail }) => chooseView(detail.selectedId)}
          />
          <Button iconName={paused ? 'play' : 'pause'} onClick={() => setPaused(paused ? undefined : events)}>
            {paused ? 'Continue' : 'Pause'}
          </Button>
        </SpaceBetween>
      }
    />
  )
}

/** How many events have come since, as far as they are kept. */
function newSince(paused: readonly RecordedEvent[], events: readonly RecordedEvent[]): number {
  const last = paused[0]
  const position = events.findIndex(({ id, time }) => id === last?.id && time === last.time)
  return position < 0 ? events.length : position
}
