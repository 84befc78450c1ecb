import { DescribeImageReplicationStatusCommand } from '@aws-sdk/client-ecr'
import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator'
import { PageLink } from '../../parts/page-link.js'
import { ResourceTable } from '../../parts/resource-table.js'
import { useEcr } from '../../requests/use-ecr.js'
import type { ShownImage } from './shown-image.js'

/** How the states of replications and of signings are shown; each is also a word. */
export const OUTCOMES: Readonly<Record<string, StatusIndicatorProps.Type>> = {
  COMPLETE: 'success',
  FAILED: 'error',
  IN_PROGRESS: 'in-progress',
}

/** Where an image is replicated to, and how far that is. */
export function ImageReplication({ repository, digest }: ShownImage) {
  const { data, error } = useEcr(
    'DescribeImageReplicationStatus',
    new DescribeImageReplicationStatusCommand({ repositoryName: repository, imageId: { imageDigest: digest } }),
  )
  return (
    <ResourceTable
      title="Replication status"
      things="replications"
      items={data && (data.replicationStatuses ?? [])}
      error={error}
      empty={
        <>
          No rule replicated this image when it was pushed.{' '}
          <PageLink to="/private-registry/replication">Replication</PageLink>
        </>
      }
      keyOf={({ registryId = '', region = '' }) => `${registryId} ${region}`}
      columns={[
        { id: 'region', header: 'Region', text: ({ region }) => region, isRowHeader: true },
        { id: 'registry', header: 'Registry', text: ({ registryId }) => registryId },
        {
          id: 'status',
          header: 'Status',
          text: ({ status }) => status,
          cell: ({ status = '–' }) => <StatusIndicator type={OUTCOMES[status] ?? 'info'}>{status}</StatusIndicator>,
        },
        { id: 'failure', header: 'Failure', text: ({ failureCode }) => failureCode },
      ]}
    />
  )
}
