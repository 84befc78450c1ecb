import {
  type ECRClient,
  paginateListReplicationBackfills,
  type ReplicationBackfillSummary,
  type ReplicationRule,
} from '@aws-sdk/client-ecr'
import Button from '@cloudscape-design/components/button'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import { Time } from '../../parts/amounts.js'
import { PageLink } from '../../parts/page-link.js'
import { type Column, ResourceTable } from '../../parts/resource-table.js'
import { useEcrList } from '../../requests/use-ecr.js'
import { useSession } from '../../session/session-context.js'
import { BackfillProgress, BackfillStatus } from './backfill-status.js'
import { StartBackfill } from './start-backfill.js'
import { StopBackfill } from './stop-backfill.js'

const ASKED_EVERY_MS = 2_000

/** The replication backfills of the last 90 days, and what starts and stops one. */
export function BackfillTable({ rules }: { readonly rules: readonly ReplicationRule[] }) {
  const { account } = useSession()
  const [isStarting, setStarting] = useState(false)
  const [selected, setSelected] = useState<string>()
  const { data, error } = useEcrList<ReplicationBackfillSummary>('ListReplicationBackfills', {}, backfillsOf, {
    refetchInterval: ASKED_EVERY_MS,
  })
  const chosen = data?.find(({ replicationBackfillId }) => replicationBackfillId === selected)
  return (
    <>
      <ResourceTable
        name="backfills"
        title="Replication backfills"
        things="backfills"
        description="Copies of what was pushed before replication was configured. Kept for 90 days."
        items={data}
        error={error}
        keyOf={({ replicationBackfillId = '' }) => replicationBackfillId}
        columns={columnsFor(account)}
        selection={{
          type: 'single',
          selected: chosen ? [chosen] : [],
          onSelect: ([backfill]) => setSelected(backfill?.replicationBackfillId),
        }}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <StopBackfill backfill={chosen} />
            <Button disabled={rules.length === 0} onClick={() => setStarting(true)}>
              Start backfill
            </Button>
          </SpaceBetween>
        }
        empty="Start one once there is a rule, to copy the images that are there already."
      />
      {isStarting && <StartBackfill rules={rules} onClose={() => setStarting(false)} />}
    </>
  )
}

async function* backfillsOf(client: ECRClient): AsyncIterable<readonly ReplicationBackfillSummary[] | undefined> {
  for await (const { backfills } of paginateListReplicationBackfills({ client }, {})) yield backfills
}

const columnsFor = (account: string): Column<ReplicationBackfillSummary>[] => [
  {
    id: 'id',
    header: 'Backfill ID',
    isRowHeader: true,
    text: ({ replicationBackfillId }) => replicationBackfillId,
    cell: ({ replicationBackfillId = '' }) => (
      <PageLink to={`/private-registry/replication/backfills/${replicationBackfillId}`}>
        {replicationBackfillId}
      </PageLink>
    ),
    minWidth: 160,
  },
  {
    id: 'destination',
    header: 'Destination',
    text: ({ destination: { region, registryId } = {} }) =>
      registryId === account ? region : `${registryId} in ${region}`,
  },
  {
    id: 'status',
    header: 'Status',
    text: ({ status }) => status,
    cell: ({ status }) => <BackfillStatus status={status} />,
  },
  {
    id: 'progress',
    header: 'Progress',
    text: ({ progress }) => progress?.completedReplicationCount,
    cell: ({ progress }) => <BackfillProgress progress={progress} />,
    minWidth: 200,
  },
  {
    id: 'started',
    header: 'Started',
    text: ({ startedAt }) => startedAt?.toISOString(),
    cell: ({ startedAt }) => <Time value={startedAt} />,
  },
  {
    id: 'ended',
    header: 'Ended',
    text: ({ endedAt }) => endedAt?.toISOString(),
    cell: ({ endedAt }) => <Time value={endedAt} />,
  },
]
