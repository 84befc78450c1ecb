import { yieldToEventLoop } from './event-loop.js'

/** Work on several items at once: the outcomes in the order of the items. */
type GroupWork<T, R> = (items: readonly T[]) => Promise<readonly R[]>

interface Waiting<T, R> {
  readonly item: T
  readonly resolve: (outcome: R) => void
  readonly reject: (error: unknown) => void
}

/**
 * Group commit: items that arrive while a group is being worked on, or in the same turn of the event loop, are worked
 * on together, at most `atMost` at a time. All items of a group share its failure.
 */
export function groupCommit<T, R>(work: GroupWork<T, R>, atMost: number): (item: T) => Promise<R> {
  const waiting: Waiting<T, R>[] = []
  let isWorking = false

  async function workOnAll(): Promise<void> {
    isWorking = true
    while (waiting.length > 0) {
      await yieldToEventLoop()
      const group = waiting.splice(0, atMost)
      try {
        const outcomes = await work(group.map(({ item }) => item))
        group.forEach(({ resolve }, index) => resolve(outcomes[index] as R))
      } catch (error) {
        for (const { reject } of group) reject(error)
      }
    }
    isWorking = false
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      if (!isWorking) void workOnAll()
    })
}
