import Alert from '@cloudscape-design/components/alert'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { RefusedRequest } from '../../../registry/ports/decision-source.js'
import { Time } from '../../parts/amounts.js'
import { PageLink } from '../../parts/page-link.js'
import { Page } from '../../parts/page.js'
import { type Column, ResourceTable } from '../../parts/resource-table.js'
import { useAdmin } from '../../requests/admin.js'
import { RequestIdForm } from './request-id-form.js'

interface Refusals {
  readonly refused: readonly RefusedRequest[]
  /** Why those of the data plane are missing. */
  readonly incomplete?: string
}

const ASKED_EVERY_MS = 3_000

/** The form for the id of a request, and the latest refusals to choose from, which are asked for anew all the time. */
export function RecentRefusals() {
  const { data, error } = useAdmin<Refusals>('/explain', { refetchInterval: ASKED_EVERY_MS })
  return (
    <Page
      title="Why?"
      description="Why a request was allowed or denied: which policies were evaluated, which statement decided, and what would change it."
    >
      <SpaceBetween size="l">
        <RequestIdForm />
        {data?.incomplete !== undefined && <Alert type="warning">{data.incomplete}</Alert>}
        <ResourceTable
          title="Recent refusals"
          things="refusals"
          description="Of all accounts and Regions since the start, the latest first."
          items={data?.refused}
          error={error}
          keyOf={({ requestId }) => requestId}
          columns={COLUMNS}
          empty="A request that is refused is listed here at once."
        />
      </SpaceBetween>
    </Page>
  )
}

const COLUMNS: readonly Column<RefusedRequest>[] = [
  { id: 'at', header: 'Time', text: ({ at }) => at, cell: ({ at }) => <Time value={at} />, minWidth: 130 },
  {
    id: 'operation',
    header: 'Operation',
    isRowHeader: true,
    text: ({ operation }) => operation,
    cell: ({ requestId, operation }) => <PageLink to={`/why/${requestId}`}>{operation}</PageLink>,
    minWidth: 160,
  },
  { id: 'code', header: 'Error', text: ({ code }) => code, minWidth: 160 },
  {
    id: 'message',
    header: 'Message',
    text: ({ message, hint }) => (hint === undefined ? message : `${message} (${hint})`),
    minWidth: 280,
  },
  { id: 'plane', header: 'Plane', text: ({ plane }) => `${plane} plane`, minWidth: 110 },
  { id: 'requestId', header: 'Request ID', text: ({ requestId }) => requestId, minWidth: 150 },
]
