import type { EventLog } from '../registry/event-log.js'
import type { ImageActionEvent } from '../registry/events.js'
import type { ImageChange } from '../registry/images/image-change.js'
import type { ImageChangeReaction } from './image-changes.js'

/**
 * Records an `ECR Image Action` for each tag of a change, or one without a tag for an untagged image.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
 */
export const imageEvents =
  ({ events }: { readonly events: Pick<EventLog, 'record'> }): ImageChangeReaction =>
  async (registry, change) => {
    const { repository, at } = change
    const tags = change.tags.length > 0 ? change.tags : [undefined]
    for (const tag of tags)
      await events.record(
        { registry, repository, 'detail-type': 'ECR Image Action', source: 'aws.ecr', detail: detailOf(change, tag) },
        new Date(at),
      )
  }

const detailOf = (change: ImageChange, tag: string | undefined): ImageActionEvent['detail'] => ({
  result: 'SUCCESS',
  'repository-name': change.repository,
  'image-digest': change.digest,
  'action-type': change.action,
  ...(tag !== undefined && { 'image-tag': tag }),
  'manifest-media-type': change.mediaType,
  ...(change.artifactType !== undefined && { 'artifact-media-type': change.artifactType }),
  ...(change.targetStorageClass !== undefined && { 'target-storage-class': change.targetStorageClass }),
  ...(change.activatedAt !== undefined && { 'last-activated-at': new Date(change.activatedAt).toISOString() }),
})
