import { DescribeImageSigningStatusCommand } from '@aws-sdk/client-ecr'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { ResourceTable } from '../../parts/resource-table.js'
import { useEcr } from '../../requests/use-ecr.js'
import type { ShownImage } from './shown-image.js'
import { OUTCOMES } from './image-replication.js'

/** Which signing profiles were to sign an image, and what became of it. */
export function ImageSigning({ repository, digest }: ShownImage) {
  const { data, error } = useEcr(
    'DescribeImageSigningStatus',
    new DescribeImageSigningStatusCommand({ repositoryName: repository, imageId: { imageDigest: digest } }),
  )
  return (
    <ResourceTable
      title="Signing status"
      things="signings"
      items={data && (data.signingStatuses ?? [])}
      error={error}
      description="Managed signing, by the signing configuration of the registry. Signatures are referrers of the image."
      empty={<>No signing rule matched this image when it was pushed.</>}
      keyOf={({ signingProfileArn = '' }) => signingProfileArn}
      columns={[
        { id: 'profile', header: 'Signing profile', text: ({ signingProfileArn: arn }) => arn, isRowHeader: true },
        {
          id: 'status',
          header: 'Status',
          text: ({ status }) => status,
          cell: ({ status = '–' }) => <StatusIndicator type={OUTCOMES[status] ?? 'info'}>{status}</StatusIndicator>,
        },
        {
          id: 'failure',
          header: 'Failure',
          text: ({ failureCode, failureReason }) =>
            [failureCode, failureReason].filter(Boolean).join(': ') || undefined,
        },
      ]}
    />
  )
}
