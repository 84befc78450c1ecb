import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'

/** How long one request may hold up all others, in milliseconds. */
export const MOST_HELD_UP_MS = 100

const RESOLUTION_MS = 5
const RUNS = 3

/**
 * The longest time for which the event loop was held up while the work ran, in milliseconds: the shortest of three runs. What
 * the work computes holds it up in every run, what else runs on this machine does not.
 */
export async function heldUpMs(work: (run: number) => Promise<unknown>): Promise<number> {
  const longest: number[] = []
  for (let run = 0; run < RUNS; run++) longest.push(await longestOf(() => work(run)))
  return Math.min(...longest)
}

async function longestOf(work: () => Promise<unknown>): Promise<number> {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  // The measured intervals begin and end with a timer of its own.
  delays.enable()
  await setTimeout(2 * RESOLUTION_MS)
  delays.reset()
  await work()
  await setTimeout(2 * RESOLUTION_MS)
  delays.disable()
  return delays.max / 1e6 - RESOLUTION_MS
}
