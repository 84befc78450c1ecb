import { deleteImage } from '../../registry/images/image-deletion.js'
import { isImageFailure } from '../../registry/images/find-image.js'
import type { Image } from '../../registry/images/image.js'
import { changeStorageClass } from '../../registry/images/storage-class-change.js'
import { imageStatus } from '../../registry/images/storage-class.js'
import type { LifecycleAction } from '../../registry/lifecycle/evaluation.js'
import type { LifecycleRule } from '../../registry/lifecycle/lifecycle-rule.js'
import { ageTime, isOlder, ownerOf } from '../../registry/lifecycle/rule-selection.js'
import { keyOf } from '../../registry/ports/store.js'
import { completeFollowUps, recordFollowUp } from './follow-up.js'
import type { EvaluationContext, LifecycleStorage } from './lifecycle-storage.js'

/** Whether the action was carried out, and how many referrers followed. */
export interface ActionOutcome {
  readonly isDone: boolean
  readonly followed: number
}

/**
 * Carries out what a policy does with an image, if it still would: the image may have been pulled, tagged, restored or
 * put into an index meanwhile. Its referrers then follow it.
 */
export async function applyAction(
  storage: LifecycleStorage,
  context: EvaluationContext,
  rules: readonly LifecycleRule[],
  action: LifecycleAction,
): Promise<ActionOutcome> {
  const { registry, repository, now } = context
  const { digest, type, followers } = action
  const hasFollowers = followers.length > 0
  const onlyIf = async (image: Image) => isStillDue(image, context, rules, action)
  if (hasFollowers) await recordFollowUp(storage, registry, { repository, subject: digest })
  const isDone = await (type === 'expire' ? expire : archive)(storage, context, digest, onlyIf)
  // A referrer that was pushed since the evaluation follows, too.
  const hasNewFollowers = !hasFollowers && isDone && (await hasReferrers(storage, context, digest))
  if (hasNewFollowers) await recordFollowUp(storage, registry, { repository, subject: digest })
  const isFollowed = hasFollowers || hasNewFollowers
  return { isDone, followed: isFollowed ? await completeFollowUps(storage, registry, { repository, now }) : 0 }
}

async function hasReferrers(
  { store }: LifecycleStorage,
  { registry, repository }: EvaluationContext,
  digest: string,
): Promise<boolean> {
  const page = { limit: 1, prefix: keyOf(repository, digest, 'subject', '') }
  return (await store.references.list(registry, page)).items.length > 0
}

type OnlyIf = (image: Image) => Promise<boolean>

async function expire(
  storage: LifecycleStorage,
  { registry, repository, now }: EvaluationContext,
  digest: string,
  onlyIf: OnlyIf,
): Promise<boolean> {
  const deletion = { now, cause: 'lifecycle', onlyIf } as const
  const outcome = await deleteImage(storage, registry, repository, { imageDigest: digest }, deletion)
  return !isImageFailure(outcome) && outcome.length > 0
}

async function archive(
  storage: LifecycleStorage,
  { registry, repository, now }: EvaluationContext,
  digest: string,
  onlyIf: OnlyIf,
): Promise<boolean> {
  const change = { repository, digest, target: { class: 'ARCHIVE' }, now, cause: 'lifecycle', onlyIf } as const
  const image = await changeStorageClass(storage, registry, change)
  return image?.archive?.archivedAt === now.getTime() && imageStatus(image, now) === 'ARCHIVED'
}

/**
 * Whether the same rule still acts on the image, as it is now. That an index needs the image is looked at by the
 * deletion and the archiving of images themselves.
 */
function isStillDue(
  image: Image,
  { now }: EvaluationContext,
  rules: readonly LifecycleRule[],
  { rulePriority, ageTime: evaluatedAge }: LifecycleAction,
): boolean {
  const owner = ownerOf(rules, image, now)
  if (owner?.rulePriority !== rulePriority) return false
  const isCounted = owner.selection.countType === 'imageCountMoreThan'
  return isCounted ? ageTime(image, now) === evaluatedAge : isOlder(owner, image, now)
}
