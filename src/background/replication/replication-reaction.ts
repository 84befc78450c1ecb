import { imageStatus } from '../../registry/images/storage-class.js'
import type { ImageChange } from '../../registry/images/image-change.js'
import type { Image } from '../../registry/images/image.js'
import { keyOf, type Store } from '../../registry/ports/store.js'
import {
  type ImageReplication,
  type PendingReplication,
  replicationKey,
  withPending,
} from '../../registry/replication/image-replication.js'
import {
  destinationsOf,
  REPLICATION_CONFIGURATION,
  rulesAt,
} from '../../registry/replication/replication-configuration.js'
import type { ImageChangeReaction } from '../image-changes.js'

/**
 * Plans the replication of an image that was pushed, pulled through or restored, to every destination that the
 * registry's configuration has for its repository. A copy that replication made is not replicated further.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/replication.html
 */
export const replicationReaction =
  ({ store }: { readonly store: Store }): ImageChangeReaction =>
  async (registry, change) => {
    if (!isReplicated(change)) return
    const configuration = await store.replicationConfigurations.get(registry, REPLICATION_CONFIGURATION)
    const destinations = configuration ? destinationsOf(rulesAt(configuration, change.at), change.repository) : []
    if (destinations.length === 0) return
    const { repository, digest } = change
    const key = keyOf(repository, digest)
    await store.transact(registry, async (records) => {
      const [image, existing] = await Promise.all([
        records.images.get(registry, key),
        records.imageReplications.get(registry, key),
      ])
      if (!image) return
      let replication: ImageReplication = existing ?? { repository, digest, destinations: [] }
      for (const destination of destinations) {
        const pending: PendingReplication = { ...plannedFrom(change, image), destination }
        replication = withPending(replication, pending)
        await records.pendingReplications.put(registry, replicationKey(pending), pending)
      }
      await records.imageReplications.put(registry, key, replication)
    })
  }

const isReplicated = ({ action, cause, targetStorageClass }: ImageChange): boolean =>
  cause !== 'replication' &&
  (action === 'PUSH' || (action === 'UPDATE_STORAGE_CLASS' && targetStorageClass === 'STANDARD'))

/** An image that is being restored is copied when it is active. */
function plannedFrom({ repository, digest, tags, at }: ImageChange, image: Image) {
  const activeFrom = imageStatus(image, new Date(at)) === 'ACTIVATING' ? image.archive?.activeFrom : undefined
  return { repository, digest, tags, changedAt: at, dueAt: activeFrom ?? at, attempts: 0 }
}
