import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'

/** How long one request may hold up all others, in milliseconds. */
export const MOST_HELD_UP_MS = 100

const RESOLUTION_MS = 5
const RUNS = 3

/**
 * The longest time for which the event loop was held up while the work ran, in milliseconds: the shortest of three runs, for
 * what the work computes holds it up in every one. A turn counts with no more than the processor time it took, since on a
 * busy machine a process waits for its own turn as well.
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
  const busiest = busiestInterval()
  await work()
  await setTimeout(2 * RESOLUTION_MS)
  delays.disable()
  return Math.min(delays.max / 1e6 - RESOLUTION_MS, busiest())
}

/** The most processor time between two turns of the event loop's timers, in milliseconds, until it is asked for. */
function busiestInterval(): () => number {
  let [longest, before] = [0, process.cpuUsage()]
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(before)
    longest = Math.max(longest, (user + system) / 1000)
    before = process.cpuUsage()
  }, 1)
  return () => {
    clearInterval(timer)
    return longest
  }
}
