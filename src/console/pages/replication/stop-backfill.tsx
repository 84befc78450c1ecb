import { type ReplicationBackfillSummary, StopReplicationBackfillCommand } from '@aws-sdk/client-ecr'
import Button from '@cloudscape-design/components/button'
import { useState } from 'react'
import { ConfirmDeletion } from '../../parts/confirm-deletion.js'
import { useEcrChange } from '../../requests/use-ecr.js'

/** The button that stops a backfill which is still at it, once that is confirmed. */
export function StopBackfill({ backfill }: { readonly backfill: ReplicationBackfillSummary | undefined }) {
  const [isAsked, setAsked] = useState(false)
  const { replicationBackfillId, status } = backfill ?? {}
  const { mutate, isPending, error } = useEcrChange(
    (client) => client.send(new StopReplicationBackfillCommand({ replicationBackfillId })),
    { succeeded: () => 'The replication backfill stops', onSuccess: () => setAsked(false) },
  )
  return (
    <>
      <Button disabled={status !== 'PREPARING' && status !== 'IN_PROGRESS'} onClick={() => setAsked(true)}>
        Stop backfill
      </Button>
      {isAsked && (
        <ConfirmDeletion
          title="Stop replication backfill"
          names={[`The backfill ${replicationBackfillId}`]}
          consequence="What was copied stays. A backfill that was stopped cannot go on: start another one."
          action="Stop"
          isBusy={isPending}
          error={error}
          onConfirm={() => mutate(undefined)}
          onDismiss={() => setAsked(false)}
        />
      )}
    </>
  )
}
