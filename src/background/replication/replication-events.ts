import type { EventLog } from '../../registry/event-log.js'
import { keyOf } from '../../registry/ports/store.js'
import type { Registry } from '../../registry/registry.js'
import type { ImageCopy } from '../../registry/replication/image-copy.js'
import { type Backfill, isTerminal } from '../../registry/replication/replication-backfill.js'

/**
 * Records an `ECR Replication Action` in the destination for each tag of the image, or one without a tag. `occurrence`
 * tells it from other replications of the image.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
 */
export async function recordReplication(
  events: Pick<EventLog, 'record'>,
  { source, destination, repository, digest, tags, now }: ImageCopy,
  result: 'SUCCESS' | 'FAILED',
  occurrence: string,
): Promise<void> {
  for (const tag of tags.length > 0 ? tags : [undefined])
    await events.record(
      {
        registry: destination,
        repository,
        occurrence: keyOf('replication', source.account, source.region, repository, digest, tag ?? '', occurrence),
        'detail-type': 'ECR Replication Action',
        source: 'aws.ecr',
        detail: {
          result,
          'repository-name': repository,
          'image-digest': digest,
          'source-account': source.account,
          'action-type': 'REPLICATE',
          'source-region': source.region,
          ...(tag !== undefined && { 'image-tag': tag }),
        },
      },
      now,
    )
}

/**
 * Records that a backfill has ended, as an event of the registry that it copied from.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/replication-backfill.html
 */
export async function recordBackfillEnd(
  events: Pick<EventLog, 'record'>,
  registry: Registry,
  { id, status, destination, failureCode, progress, endedAt }: Backfill,
): Promise<void> {
  if (!isTerminal(status) || endedAt === undefined) return
  await events.record(
    {
      registry,
      occurrence: `backfill ${id}`,
      'detail-type': 'ECR Replication Backfill Action',
      source: 'aws.ecr',
      detail: {
        'replication-backfill-id': id,
        status,
        ...(failureCode !== undefined && { 'failure-code': failureCode }),
        'destination-account': destination.registryId,
        'destination-region': destination.region,
        ...(progress && {
          'total-replication-count': progress.total,
          'completed-replication-count': progress.completed,
          'failed-replication-count': progress.failed,
        }),
      },
    },
    new Date(endedAt),
  )
}
