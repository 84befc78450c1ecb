import type { ReplicationBackfillProgress, ReplicationBackfillStatus } from '@aws-sdk/client-ecr'
import ProgressBar from '@cloudscape-design/components/progress-bar'
import StatusIndicator from '@cloudscape-design/components/status-indicator'

const STATUSES = {
  PREPARING: ['pending', 'Preparing'],
  IN_PROGRESS: ['in-progress', 'In progress'],
  COMPLETE: ['success', 'Complete'],
  FAILED: ['error', 'Failed'],
  STOPPING: ['in-progress', 'Stopping'],
  STOPPED: ['stopped', 'Stopped'],
} as const

/** The status of a backfill in words and as an icon. */
export const BackfillStatus = ({ status }: { readonly status: ReplicationBackfillStatus | undefined }) => {
  if (status === undefined) return '–'
  const [type, text] = STATUSES[status]
  return <StatusIndicator type={type}>{text}</StatusIndicator>
}

/** How many of a backfill's images are done; nothing is known while it is prepared. */
export const BackfillProgress = ({ progress }: { readonly progress: ReplicationBackfillProgress | undefined }) => {
  if (!progress) return '–'
  const { totalReplicationCount: total = 0, completedReplicationCount: completed = 0 } = progress
  const failed = progress.failedReplicationCount ?? 0
  return (
    <ProgressBar
      ariaLabel="Progress"
      value={total === 0 ? 100 : (100 * (completed + failed)) / total}
      additionalInfo={`${completed} of ${total} copied${failed > 0 ? `, ${failed} failed` : ''}`}
    />
  )
}
