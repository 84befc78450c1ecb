import type { EventLog } from '../../registry/event-log.js'
import type { ImageCopy } from '../../registry/replication/image-copy.js'

/**
 * Records an `ECR Replication Action` in the destination for each tag of the image, or one without a tag.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
 */
export async function recordReplication(
  events: Pick<EventLog, 'record'>,
  { source, destination, repository, digest, tags, now }: ImageCopy,
  result: 'SUCCESS' | 'FAILED',
): Promise<void> {
  for (const tag of tags.length > 0 ? tags : [undefined])
    await events.record(
      {
        registry: destination,
        repository,
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
