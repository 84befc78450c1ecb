import { batchesOf } from '../../coordination/event-loop.js'

/** What an evaluation keeps of an image. */
export interface Candidate {
  readonly digest: string
  /** Epoch milliseconds by which images are sorted by age. */
  readonly ageTime: number
  readonly isArchived: boolean
  /** The indexes of the rules that select it; the first of them is the one that may act on it. */
  readonly selectedBy: readonly number[]
  readonly subject?: string
  /** What the policy does with it. */
  mark?: 'expire' | 'transition'
  /** Of an index: the images that it lists. */
  members?: Candidate[]
  /** The indexes that list it. */
  indexes?: Candidate[]
  /** The images that refer to it. */
  referrers?: Candidate[]
  /** Whether it refers to an image of the repository. */
  isFollower?: true
}

/**
 * Takes back the marks of images that an index needs: an image expires only with or after every index that lists it,
 * and moves to the archive only with or after each of them.
 */
export async function keepListedImages(candidates: readonly Candidate[]): Promise<void> {
  for await (const batch of batchesOf(candidates)) for (const candidate of batch) keepMembers(candidate)
}

function keepMembers(index: Candidate): void {
  const indexes = [index]
  // The list grows while it is walked: an index whose own mark is taken back keeps its members too.
  for (const { mark, isArchived, members = [] } of indexes)
    for (const member of members) {
      const isFree = member.mark === 'expire' ? mark === 'expire' : mark !== undefined || isArchived
      if (member.mark === undefined || isFree) continue
      delete member.mark
      if (member.members) indexes.push(member)
    }
}

/** The marked images in this order, except that an index comes before the images that it lists. */
export async function inOrderOfRemoval(candidates: readonly Candidate[]): Promise<Candidate[]> {
  const ordered: Candidate[] = []
  const listed: Candidate[] = []
  for await (const batch of batchesOf(candidates))
    for (const candidate of batch)
      if (candidate.mark) (markedIndexes(candidate).length === 0 ? ordered : listed).push(candidate)
  const waiting = new Map(listed.map((candidate) => [candidate, markedIndexes(candidate).length]))
  // The list grows while it is walked: an image follows when the last index that lists it has been passed.
  for (const { members = [] } of ordered)
    for (const member of members) {
      const remaining = waiting.get(member)
      if (remaining === undefined) continue
      waiting.set(member, remaining - 1)
      if (remaining === 1) ordered.push(member)
    }
  return ordered
}

const markedIndexes = ({ indexes = [] }: Candidate) => indexes.filter(({ mark }) => mark !== undefined)
