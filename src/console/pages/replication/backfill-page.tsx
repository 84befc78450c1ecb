import {
  DescribeReplicationBackfillResultsCommand,
  type ECRClient,
  paginateDescribeReplicationBackfillResults,
  type ReplicationBackfillResult,
} from '@aws-sdk/client-ecr'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useParams } from 'react-router'
import { Time } from '../../parts/amounts.js'
import { FailureAlert } from '../../parts/failure-alert.js'
import { Page } from '../../parts/page.js'
import { type Column, ResourceTable } from '../../parts/resource-table.js'
import { useEcr, useEcrList } from '../../requests/use-ecr.js'
import { BackfillProgress, BackfillStatus } from './backfill-status.js'

const ASKED_EVERY_MS = 2_000

/** One backfill: how far it is, and once it has ended what became of each image. */
export function BackfillPage() {
  const { id = '' } = useParams()
  const input = { replicationBackfillId: id }
  const { data, error } = useEcr(
    'DescribeReplicationBackfillResults',
    new DescribeReplicationBackfillResultsCommand({ ...input, maxResults: 1 }),
    { refetchInterval: ASKED_EVERY_MS },
  )
  const hasEnded = data?.endedAt !== undefined
  const results = useEcrList<ReplicationBackfillResult>(
    'DescribeReplicationBackfillResults',
    input,
    (client) => resultsOf(client, id),
    { enabled: hasEnded },
  )
  return (
    <Page title="Replication backfill" description={id}>
      <SpaceBetween size="l">
        <FailureAlert error={error} />
        {data && (
          <Container header={<Header variant="h2">Progress</Header>}>
            <KeyValuePairs
              columns={3}
              items={[
                { label: 'Status', value: <BackfillStatus status={data.status} /> },
                {
                  label: 'Destination',
                  value: `${data.destination?.registryId} in ${data.destination?.region}`,
                },
                { label: 'Images', value: <BackfillProgress progress={data.progress} /> },
                { label: 'Started', value: <Time value={data.startedAt} /> },
                { label: 'Ended', value: <Time value={data.endedAt} /> },
                ...(data.failureCode === undefined ? [] : [{ label: 'Failure code', value: data.failureCode }]),
              ]}
            />
          </Container>
        )}
        {data && (
          <ResourceTable
            title="Results"
            things="results"
            description={hasEnded ? undefined : 'Results are known once the backfill has ended.'}
            items={hasEnded ? results.data : []}
            error={results.error}
            keyOf={({ repositoryName, imageId }) =>
              `${repositoryName}:${imageId?.imageTag ?? ''}@${imageId?.imageDigest}`
            }
            columns={COLUMNS}
          />
        )}
      </SpaceBetween>
    </Page>
  )
}

async function* resultsOf(
  client: ECRClient,
  replicationBackfillId: string,
): AsyncIterable<readonly ReplicationBackfillResult[] | undefined> {
  const pages = paginateDescribeReplicationBackfillResults({ client }, { replicationBackfillId, maxResults: 1000 })
  for await (const { results } of pages) yield results
}

const COLUMNS: readonly Column<ReplicationBackfillResult>[] = [
  { id: 'repository', header: 'Repository', isRowHeader: true, text: ({ repositoryName }) => repositoryName },
  { id: 'tag', header: 'Image tag', text: ({ imageId }) => imageId?.imageTag },
  { id: 'digest', header: 'Digest', text: ({ imageId }) => imageId?.imageDigest },
  {
    id: 'status',
    header: 'Status',
    text: ({ status }) => status,
    cell: ({ status }) => (
      <StatusIndicator type={status === 'COMPLETE' ? 'success' : 'error'}>
        {status === 'COMPLETE' ? 'Complete' : 'Failed'}
      </StatusIndicator>
    ),
  },
  {
    id: 'failure',
    header: 'Failure codes',
    text: ({ failureCode, subImageFailureCodes = [] }) =>
      [failureCode, ...subImageFailureCodes].filter((code) => code !== undefined).join(', ') || undefined,
  },
]
