import type { Failure } from '../../../registry/failure.js'
import { Time } from '../../parts/amounts.js'
import { PageLink } from '../../parts/page-link.js'
import { ResourceTable } from '../../parts/resource-table.js'

/** What failed in the background in the last day, in all registries. */
export const LatestFailures = ({ failures }: { readonly failures: readonly Failure[] | null }) => (
  <ResourceTable
    title="Latest failures"
    description="What failed in the background in the last 24 hours, in all registries."
    things="failures"
    name="failures-"
    items={failures ?? []}
    keyOf={({ time, what }) => `${time} ${what}`}
    empty={<PageLink to="/activity">See what happens now</PageLink>}
    columns={[
      { id: 'time', header: 'Time', text: ({ time }) => time, cell: ({ time }) => <Time value={time} /> },
      { id: 'what', header: 'What failed', text: ({ what }) => what, isRowHeader: true },
      { id: 'reason', header: 'Why', text: ({ reason }) => reason },
      { id: 'registry', header: 'Registry', text: ({ account, region }) => `${account} ${region}` },
    ]}
  />
)
