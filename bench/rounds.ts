/** What one contender did in every round. */
export type Rounds<T extends string> = Readonly<Record<T, readonly number[]>>

/**
 * Lets the contenders take turns, a fresh order every round, so that whatever else the machine does hits all of them.
 * What they answer is a rate or a time; one that is missing leaves no results.
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

/** Round by round, because rounds of the same moment are what may be compared. */
export const ratios = (ours: readonly number[], theirs: readonly number[]) =>
  ours.map((value, round) => value / (theirs[round] ?? NaN))
