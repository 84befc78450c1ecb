import { batchesOf } from '../../coordination/event-loop.js'
import { sortInBatches } from '../../coordination/sort-in-batches.js'
import { imageStatus } from '../images/storage-class.js'
import { type Candidate, inOrderOfRemoval, keepListedImages } from './candidates.js'
import type { LifecycleRule } from './lifecycle-rule.js'
import { ageTime, isOlder, type LifecycleImage, type Selector, selectorOf } from './rule-selection.js'

/** What a policy does with one image. */
export interface LifecycleAction {
  readonly digest: string
  readonly type: 'expire' | 'transition'
  readonly rulePriority: number
  /** The time by which the image was sorted by age, in epoch milliseconds. */
  readonly ageTime: number
  /** Its referrers (signatures, SBOMs), theirs, and so on, which follow it. */
  readonly followers: readonly string[]
}

/** The evaluation of a policy, to which the images of a repository are added one by one. */
export interface LifecycleEvaluation {
  add(image: LifecycleImage): void
  /** An index of the repository lists an image of it; both were added. Otherwise nothing happens. */
  addMember(index: string, member: string): void
  /** What the policy does: the oldest images first, but an index before the images that it lists. */
  actions(): Promise<LifecycleAction[]>
}

/** Images that are processed between two yields to the event loop. */
const TOGETHER = 2000

/**
 * Begins the evaluation of a policy, whose rules are in the order of priority, at a point in time. It keeps a few
 * numbers of each image, so that a repository with 100,000 images needs some tens of megabytes.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
 */
export function lifecycleEvaluation(rules: readonly LifecycleRule[], now: Date): LifecycleEvaluation {
  const candidates = new Map<string, Candidate>()
  const selectors = rules.map(selectorOf)
  return {
    add: (image) => void candidates.set(image.digest, candidateOf(image, rules, selectors, now)),

    addMember(indexDigest, memberDigest) {
      const [index, member] = [candidates.get(indexDigest), candidates.get(memberDigest)]
      if (!index || !member) return
      ;(index.members ??= []).push(member)
      ;(member.indexes ??= []).push(index)
    },

    async actions() {
      attachFollowers(candidates)
      const evaluated = [...candidates.values()].filter(({ isFollower }) => !isFollower)
      const youngestFirst = await sortInBatches(evaluated, byAge)
      await markCounted(youngestFirst, rules)
      await keepListedImages([...candidates.values()])
      const actions: LifecycleAction[] = []
      const marked = await inOrderOfRemoval(youngestFirst.reverse())
      for await (const batch of batchesOf(marked, TOGETHER))
        for (const candidate of batch) actions.push(actionOf(candidate, rules))
      return actions
    },
  }
}

function candidateOf(
  image: LifecycleImage,
  rules: readonly LifecycleRule[],
  selectors: readonly Selector[],
  now: Date,
): Candidate {
  const status = imageStatus(image, now)
  const selecting: number[] = []
  for (const [index, selects] of selectors.entries()) if (selects(status, image.tags)) selecting.push(index)
  const owner = selecting[0] === undefined ? undefined : rules[selecting[0]]
  const isDue = owner !== undefined && isOlder(owner, image, now)
  return {
    digest: image.digest,
    ageTime: ageTime(image, now),
    isArchived: status === 'ARCHIVED',
    selectedBy: selecting,
    ...(image.subject !== undefined && { subject: image.subject }),
    ...(isDue && { mark: owner.action.type }),
  }
}

/** The youngest first; of images of the same time the order is that of their digests. */
const byAge = (a: Candidate, b: Candidate) => b.ageTime - a.ageTime || (a.digest < b.digest ? -1 : 1)

/**
 * Referrers whose subject is in the repository are not evaluated: they follow it. Without their subject they are images
 * like others.
 */
function attachFollowers(candidates: ReadonlyMap<string, Candidate>): void {
  for (const candidate of candidates.values()) {
    const subject = candidate.subject === undefined ? undefined : candidates.get(candidate.subject)
    if (!subject) continue
    candidate.isFollower = true
    delete candidate.mark
    ;(subject.referrers ??= []).push(candidate)
  }
}

/**
 * Marks the images beyond the number that a rule keeps. Each rule counts all images that it selects, whatever other
 * rules do with them, but acts only on its own.
 */
async function markCounted(youngestFirst: readonly Candidate[], rules: readonly LifecycleRule[]): Promise<void> {
  const counts = rules.map(() => 0)
  for await (const batch of batchesOf(youngestFirst, TOGETHER))
    for (const candidate of batch)
      for (const index of candidate.selectedBy) {
        const { selection, action } = rules[index] ?? {}
        const count = (counts[index] = (counts[index] ?? 0) + 1)
        const isOwner = index === candidate.selectedBy[0]
        if (isOwner && action && selection?.countType === 'imageCountMoreThan' && count > selection.countNumber)
          candidate.mark = action.type
      }
}

function actionOf(candidate: Candidate, rules: readonly LifecycleRule[]): LifecycleAction {
  const { digest, mark = 'expire', selectedBy, ageTime } = candidate
  const followers = [candidate]
  // The list grows while it is walked.
  for (const { referrers = [] } of followers) for (const referrer of referrers) followers.push(referrer)
  const rulePriority = rules[selectedBy[0] ?? 0]?.rulePriority ?? 0
  return { digest, type: mark, rulePriority, ageTime, followers: followers.slice(1).map((follower) => follower.digest) }
}
