/** The results of each contender, round by round. */
export type Rounds<T extends string> = Readonly<Record<T, readonly number[]>>

/**
 * Runs the contenders alternately, in a new order in every round, so that other load on the machine affects all of
 * them. Each returns a rate or a time; a missing contender has no results.
 */
export async function interleaved<T extends string>(
  count: number,
  contenders: Readonly<Record<T, ((round: number) => Promise<number>) | undefined>>,
): Promise<Rounds<T>> {
  const names = Object.keys(contenders) as T[]
  const results = Object.fromEntries(names.map((name): [T, number[]] => [name, []])) as Record<T, number[]>
  for (let round = 0; round < count; round++) {
    const order = round % 2 === 0 ? names : names.toReversed()
    for (const name of order) {
      const value = await contenders[name]?.(round)
      if (value !== undefined) results[name].push(value)
    }
  }
  return results
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const [upper = NaN, lower = NaN] = [sorted[middle], sorted[sorted.length % 2 === 0 ? middle - 1 : middle]]
  return (upper + lower) / 2
}

/** Ratios round by round, because only measurements of the same moment are comparable. */
export const ratios = (ours: readonly number[], theirs: readonly number[]) =>
  ours.map((value, round) => value / (theirs[round] ?? NaN))
