import { deleteImage } from '../../registry/images/image-deletion.js'
import { isImageFailure } from '../../registry/images/find-image.js'
import type { Image } from '../../registry/images/image.js'
import { imageStatus } from '../../registry/images/storage-class.js'
import { changeStorageClass } from '../../registry/images/storage-class-change.js'
import type { LifecycleFollowUp } from '../../registry/lifecycle/lifecycle-follow-up.js'
import { listEach } from '../../registry/list-records.js'
import { keyOf, type Records } from '../../registry/ports/store.js'
import type { Registry } from '../../registry/registry.js'
import type { EvaluationContext, LifecycleStorage } from './lifecycle-storage.js'

/** Records that the referrers of an image are to follow what is about to be done with it. */
export const recordFollowUp = (
  { store }: LifecycleStorage,
  registry: Registry,
  followUp: LifecycleFollowUp,
): Promise<void> => store.lifecycleFollowUps.put(registry, keyOf(followUp.repository, followUp.subject), followUp)

/** Which referrers follow, and when. */
interface FollowUpScope {
  /** Without one, those of the whole registry. */
  readonly repository?: string
  readonly now: Date
  readonly stopSignal?: AbortSignal
}

/**
 * Lets the referrers of images follow them: of those in a repository, or without one in the whole registry. If the
 * image is gone, they are deleted; if it is in the archive, they are archived; otherwise they stay as they are. Their
 * own referrers follow too. Returns how many images were changed.
 */
export async function completeFollowUps(
  storage: LifecycleStorage,
  registry: Registry,
  { repository, now, stopSignal }: FollowUpScope,
): Promise<number> {
  const { lifecycleFollowUps } = storage.store
  const prefix = repository === undefined ? '' : keyOf(repository, '')
  let count = 0
  for await (const { repository, subject } of listEach(lifecycleFollowUps, registry, { prefix })) {
    if (stopSignal?.aborted) break
    const subjects = [subject]
    // The list grows while it is walked: referrers have referrers.
    for (const digest of subjects) {
      const { followers, changed } = await follow(storage, { registry, repository, now }, digest)
      for (const follower of followers) subjects.push(follower)
      count += changed
    }
    for (const digest of subjects) await lifecycleFollowUps.remove(registry, keyOf(repository, digest))
  }
  return count
}

/** Lets the referrers of one image follow it. Returns their digests, and how many were changed. */
async function follow(storage: LifecycleStorage, context: EvaluationContext, subject: string) {
  const { store } = storage
  const { registry, repository, now } = context
  const fateIn = (image: Image | undefined) => (image ? imageStatus(image, now) : 'GONE')
  const subjectIn = ({ images }: Pick<Records, 'images'>) => images.get(registry, keyOf(repository, subject))
  const fate = fateIn(await subjectIn(store))
  const followers: string[] = []
  let changed = 0
  if (fate !== 'GONE' && fate !== 'ARCHIVED') return { followers, changed }
  // The subject may be pushed again, or restored, at the same time.
  const onlyIf = async (_: Image, records: Records) => fateIn(await subjectIn(records)) === fate
  const change = fate === 'GONE' ? deleteFollower : archiveFollower
  const prefix = keyOf(repository, subject, 'subject', '')
  for await (const { from } of listEach(store.references, registry, { prefix })) {
    // Its own referrers are to be found again if the process ends after it was changed.
    await recordFollowUp(storage, registry, { repository, subject: from })
    if (await change(storage, context, from, onlyIf)) changed += 1
    followers.push(from)
  }
  return { followers, changed }
}

type ChangeFollower = (
  storage: LifecycleStorage,
  context: EvaluationContext,
  digest: string,
  onlyIf: (image: Image, records: Records) => Promise<boolean>,
) => Promise<boolean>

const deleteFollower: ChangeFollower = async (storage, { registry, repository, now }, imageDigest, onlyIf) => {
  const deletion = { now, cause: 'lifecycle', onlyIf } as const
  const outcome = await deleteImage(storage, registry, repository, { imageDigest }, deletion)
  return !isImageFailure(outcome) && outcome.length > 0
}

const archiveFollower: ChangeFollower = async (storage, { registry, repository, now }, digest, onlyIf) => {
  const change = { repository, digest, target: { class: 'ARCHIVE' }, now, cause: 'lifecycle', onlyIf } as const
  const image = await changeStorageClass(storage, registry, change)
  return image?.archive?.archivedAt === now.getTime()
}
