import type {
  ReplicationBackfillResult,
  ReplicationBackfillSummary,
  StartReplicationBackfillResponse,
} from '@aws-sdk/client-ecr'
import type { Registry } from '../../../../registry/registry.js'
import type { Backfill, BackfillReplication } from '../../../../registry/replication/replication-backfill.js'

/** A backfill as the calls that start and stop it return it. */
export const backfillShape = (
  { id, destination, status, startedAt }: Backfill,
  { account }: Registry,
): StartReplicationBackfillResponse => ({
  replicationBackfillId: id,
  registryId: account,
  destination,
  status,
  startedAt: new Date(startedAt),
})

/** A backfill with its progress, which is absent until all replications are planned. */
export const backfillSummary = (backfill: Backfill): ReplicationBackfillSummary => {
  const { id, destination, status, failureCode, progress, startedAt, endedAt } = backfill
  return {
    replicationBackfillId: id,
    destination,
    status,
    ...(failureCode !== undefined && { failureCode }),
    ...(progress && {
      progress: {
        totalReplicationCount: progress.total,
        completedReplicationCount: progress.completed,
        failedReplicationCount: progress.failed,
        failureCodes: [...progress.failureCodes],
      },
    }),
    startedAt: new Date(startedAt),
    ...(endedAt !== undefined && { endedAt: new Date(endedAt) }),
  }
}

/** The result of one replication of a backfill. */
export const backfillResult = ({
  repository,
  digest,
  tag,
  result,
}: BackfillReplication): ReplicationBackfillResult => ({
  repositoryName: repository,
  imageId: { imageDigest: digest, ...(tag !== undefined && { imageTag: tag }) },
  status: result?.status,
  ...(result?.status === 'FAILED' && { failureCode: result.failureCode }),
  ...(result?.subImageFailureCodes && { subImageFailureCodes: [...result.subImageFailureCodes] }),
})
