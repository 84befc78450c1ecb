import { yieldToEventLoop } from './event-loop.js'

/** Items that are sorted or merged between two yields to the event loop: about two milliseconds of work. */
const BATCH = 4096

/** Sorts like `Array.toSorted`, stably, but lets the event loop run in between. */
export async function sortInBatches<T>(items: readonly T[], compare: (a: T, b: T) => number): Promise<T[]> {
  let runs: T[][] = []
  for (let start = 0; start < items.length; start += BATCH) {
    runs.push(items.slice(start, start + BATCH).sort(compare))
    await yieldToEventLoop()
  }
  while (runs.length > 1) {
    const merged: T[][] = []
    for (let index = 0; index < runs.length; index += 2)
      merged.push(await merge(runs[index] ?? [], runs[index + 1] ?? [], compare))
    runs = merged
  }
  return runs[0] ?? []
}

async function merge<T>(left: readonly T[], right: readonly T[], compare: (a: T, b: T) => number): Promise<T[]> {
  const merged: T[] = []
  const [leftItems, rightItems] = [left.values(), right.values()]
  let [a, b] = [leftItems.next(), rightItems.next()]
  while (!a.done || !b.done) {
    if (!a.done && (b.done || compare(a.value, b.value) <= 0)) {
      merged.push(a.value)
      a = leftItems.next()
    } else if (!b.done) {
      merged.push(b.value)
      b = rightItems.next()
    }
    if (merged.length % BATCH === 0) await yieldToEventLoop()
  }
  return merged
}
