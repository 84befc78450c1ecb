import { deleteImage } from '../../registry/images/image-deletion.js'
import { isImageFailure } from '../../registry/images/find-image.js'
import { changeStorageClass, type StorageClassChange } from '../../registry/images/storage-class-change.js'
import type { DepartedSubject } from '../../registry/lifecycle/departed-subject.js'
import { listEach } from '../../registry/list-records.js'
import { keyOf, type Records } from '../../registry/ports/store.js'
import type { Registry } from '../../registry/registry.js'
import type { LifecycleStorage } from './apply-action.js'

/** Records that an image is about to expire, so that its referrers follow it even if the process ends meanwhile. */
export const departing = ({ store }: LifecycleStorage, registry: Registry, departed: DepartedSubject): Promise<void> =>
  store.departedSubjects.put(registry, keyOf(departed.repository, departed.subject), departed)

/**
 * Deletes the referrers of each image of a repository that has expired, their referrers, and so on; without a
 * repository, in the whole registry. Returns how many. An image that did not expire, or was pushed again, keeps its
 * referrers.
 */
export async function removeFollowersOfDeparted(
  storage: LifecycleStorage,
  registry: Registry,
  { repository, now }: { readonly repository?: string; readonly now: Date },
): Promise<number> {
  const prefix = repository === undefined ? '' : keyOf(repository, '')
  let count = 0
  for await (const departed of listEach(storage.store.departedSubjects, registry, { prefix }))
    count += await removeReferrersOf(storage, registry, departed, now)
  return count
}

async function removeReferrersOf(
  storage: LifecycleStorage,
  registry: Registry,
  { repository, subject }: DepartedSubject,
  now: Date,
): Promise<number> {
  const { images, references, departedSubjects } = storage.store
  let count = 0
  const subjects = [subject]
  // The list grows while it is walked: referrers have referrers.
  for (const departed of subjects) {
    const isGone = async (_: unknown, records: Pick<Records, 'images'>) =>
      (await records.images.get(registry, keyOf(repository, departed))) === undefined
    if (!(await isGone(undefined, { images }))) continue
    const deletion = { now, cause: 'lifecycle', onlyIf: isGone } as const
    const prefix = keyOf(repository, departed, 'subject', '')
    for await (const { from } of listEach(references, registry, { prefix })) {
      await departing(storage, registry, { repository, subject: from })
      const outcome = await deleteImage(storage, registry, repository, { imageDigest: from }, deletion)
      if (!isImageFailure(outcome)) count += outcome.length > 0 ? 1 : 0
      subjects.push(from)
    }
  }
  for (const departed of subjects) await departedSubjects.remove(registry, keyOf(repository, departed))
  return count
}

/** Archives the referrers of an image that was archived. Returns how many. */
export async function archiveFollowers(
  { store }: LifecycleStorage,
  registry: Registry,
  change: Omit<StorageClassChange, 'digest'>,
  followers: readonly string[],
): Promise<number> {
  let count = 0
  for (const digest of followers) if (await changeStorageClass(store, registry, { ...change, digest })) count += 1
  return count
}
