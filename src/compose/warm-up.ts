import type { Store } from '../registry/ports/store.js'
import { rulesOfRegistries } from '../upkeep/rule-holdings.js'

/** The collection of the pull through cache rules. */
const RULES: keyof Store = 'rules'

/** The answers of a start, and the one to the request that created a rule, come first. */
const AFTER_MS = 100

/**
 * Loads what only a pull from an upstream needs once there is a pull through cache rule, so that the first pull does
 * not wait: 20 ms of CPU. A process without rules does without it, and without its memory. The returned function
 * is to be called with the name of each collection that this process has written to.
 */
export function warmUp(
  load: () => Promise<unknown>,
  store: Store,
  closing: (() => Promise<void>)[],
): (collection: string) => void {
  const timers = new Set<NodeJS.Timeout>()
  let working: Promise<unknown> = Promise.resolve()
  const soon = (work: () => Promise<unknown>) => {
    const timer = setTimeout(() => {
      timers.delete(timer)
      // A failure shows when a pull needs it.
      working = work().catch(() => {})
    }, AFTER_MS)
    timers.add(timer.unref())
  }
  closing.unshift(async () => {
    timers.forEach(clearTimeout)
    await working
  })
  soon(async () => (await rulesOfRegistries(store)).length > 0 && load())
  return (collection) => {
    if (collection === RULES) soon(load)
  }
}
