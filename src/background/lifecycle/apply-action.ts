import { deleteImage } from '../../registry/images/image-deletion.js'
import { isImageFailure } from '../../registry/images/find-image.js'
import type { Image } from '../../registry/images/image.js'
import { changeStorageClass } from '../../registry/images/storage-class-change.js'
import { imageStatus } from '../../registry/images/storage-class.js'
import type { LifecycleAction } from '../../registry/lifecycle/evaluation.js'
import type { LifecycleRule } from '../../registry/lifecycle/lifecycle-rule.js'
import { ageTime, isOlder, ownerOf } from '../../registry/lifecycle/rule-selection.js'
import { listEach } from '../../registry/list-records.js'
import type { Blobs, WithNotes } from '../../registry/ports/blob-store.js'
import type { Pins } from '../../registry/ports/pins.js'
import { keyOf, type Records, type Store } from '../../registry/ports/store.js'
import type { Registry } from '../../registry/registry.js'
import { archiveFollowers, departing, removeFollowersOfDeparted } from './follow-subject.js'

/** The storage that carrying out a lifecycle policy needs. */
export interface LifecycleStorage {
  readonly store: Store
  readonly blobs: Pick<Blobs, 'read'> & WithNotes
  readonly pins: Pins
}

/** Where and when an action is carried out. */
export interface Evaluated {
  readonly registry: Registry
  readonly repository: string
  readonly now: Date
}

/** Whether the action was carried out, and how many referrers followed. */
export interface Applied {
  readonly isDone: boolean
  readonly followed: number
}

/**
 * Carries out what a policy does with an image, if it still would: the image may have been pulled, tagged, restored or
 * put into an index meanwhile. Its referrers then follow it.
 */
export function applyAction(
  storage: LifecycleStorage,
  evaluated: Evaluated,
  rules: readonly LifecycleRule[],
  action: LifecycleAction,
): Promise<Applied> {
  const onlyIf = (image: Image, records: Records) => isStillDue(image, records, evaluated, rules, action)
  return (action.type === 'expire' ? expire : archive)(storage, evaluated, action, onlyIf)
}

type OnlyIf = (image: Image, records: Records) => Promise<boolean>

async function expire(
  storage: LifecycleStorage,
  { registry, repository, now }: Evaluated,
  { digest, followers }: LifecycleAction,
  onlyIf: OnlyIf,
): Promise<Applied> {
  if (followers.length > 0) await departing(storage, registry, { repository, subject: digest })
  const deletion = { now, cause: 'lifecycle', onlyIf } as const
  const outcome = await deleteImage(storage, registry, repository, { imageDigest: digest }, deletion)
  const followed = followers.length > 0 ? await removeFollowersOfDeparted(storage, registry, { repository, now }) : 0
  return { isDone: !isImageFailure(outcome) && outcome.length > 0, followed }
}

async function archive(
  storage: LifecycleStorage,
  { registry, repository, now }: Evaluated,
  { digest, followers }: LifecycleAction,
  onlyIf: OnlyIf,
): Promise<Applied> {
  const change = { repository, digest, target: { class: 'ARCHIVE' }, now, cause: 'lifecycle' } as const
  const image = await changeStorageClass(storage.store, registry, { ...change, onlyIf })
  const isDone = image?.archive?.archivedAt === now.getTime() && imageStatus(image, now) === 'ARCHIVED'
  return { isDone, followed: isDone ? await archiveFollowers(storage, registry, change, followers) : 0 }
}

/** Whether the same rule still acts on the image, as it is now. */
async function isStillDue(
  image: Image,
  { images, references }: Records,
  { registry, repository, now }: Evaluated,
  rules: readonly LifecycleRule[],
  { rulePriority, type, ageTime: evaluatedAge }: LifecycleAction,
): Promise<boolean> {
  const owner = ownerOf(rules, image, now)
  if (owner?.rulePriority !== rulePriority) return false
  const isCounted = owner.selection.countType === 'imageCountMoreThan'
  if (isCounted ? ageTime(image, now) !== evaluatedAge : !isOlder(owner, image, now)) return false
  if (type === 'expire') return true
  // An image that an active index lists must be pulled with it. The deletion of an image requires this itself.
  for await (const { from } of listEach(references, registry, {
    prefix: keyOf(repository, image.digest, 'member', ''),
  })) {
    const index = await images.get(registry, keyOf(repository, from))
    if (index && imageStatus(index, now) !== 'ARCHIVED') return false
  }
  return true
}
