import type { EventLog } from '../registry/event-log.js'
import { keyOf, type Store } from '../registry/ports/store.js'
import { NOT_SIGNED, recordImageSigning } from '../registry/signing/image-signing.js'
import type { ImageChangeReaction } from './image-changes.js'

/** The store of signings and the log of events about them. */
interface ImageSigningsDeps {
  readonly store: Store
  readonly events: Pick<EventLog, 'record'>
}

/**
 * Records which signing profiles apply to a pushed image, for DescribeImageSigningStatus, and an event for each of them
 * that says that the image is not signed. The service begins to sign it then.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/managed-signing.html
 */
export const imageSignings =
  ({ store, events }: ImageSigningsDeps): ImageChangeReaction =>
  async (registry, change) => {
    const { repository, digest, tags, at } = change
    for (const profile of await recordImageSigning(store, registry, change)) {
      const occurrence = keyOf('signing', repository, digest, profile)
      const detail = {
        'repository-name': repository,
        'image-digest': digest,
        'image-tags': [...tags],
        'signing-profile-arn': profile,
        'signing-status': NOT_SIGNED.status,
        reason: NOT_SIGNED.failureReason,
      }
      const kind = { 'detail-type': 'ecr-local Image Signing', source: 'ecr-local', detail } as const
      await events.record({ registry, repository, occurrence, ...kind }, new Date(at))
    }
  }
