import type { EventLog } from '../registry/event-log.js'
import type { ImageActionEvent } from '../registry/events.js'
import type { ImageChange } from '../registry/images/image-change.js'
import { imageChangeKey } from '../registry/images/record-image-change.js'
import type { ImageChangeReaction } from './image-changes.js'

/**
 * Records an `ECR Image Action` for each tag of a change, or one without a tag for an untagged image and for a change
 * of the storage class, which concerns the image with all its tags. The changes of a manifest that refers to another
 * image are of the type `ECR Referrer Action`.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
 */
export const imageEvents =
  ({ events }: { readonly events: Pick<EventLog, 'record'> }): ImageChangeReaction =>
  async (registry, change) => {
    const { repository, at, subject } = change
    const type = subject === undefined ? 'ECR Image Action' : 'ECR Referrer Action'
    for (const tag of tagsOf(change))
      await events.record(
        {
          registry,
          repository,
          occurrence: `${imageChangeKey(change)} ${tag ?? ''}`,
          'detail-type': type,
          source: 'aws.ecr',
          detail: detailOf(change, tag),
        },
        new Date(at),
      )
  }

const tagsOf = ({ action, tags }: ImageChange): readonly (string | undefined)[] =>
  action === 'UPDATE_STORAGE_CLASS' || tags.length === 0 ? [undefined] : tags

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
