import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'

/** The longest time in milliseconds for which one request may block all others. */
export const MOST_HELD_UP_MS = 100

const RESOLUTION_MS = 5
const RUNS = 3

/**
 * The longest time in milliseconds for which the work blocks the event loop: the shortest of three runs, since
 * computation blocks it in every run. A turn counts with at most the processor time it used, because on a busy machine
 * the process also waits for the processor.
 */
export async function heldUpMs(work: (run: number) => Promise<unknown>): Promise<number> {
  const longest: number[] = []
  for (let run = 0; run < RUNS; run++) longest.push(await longestOf(() => work(run)))
  return Math.min(...longest)
}

async function longestOf(work: () => Promise<unknown>): Promise<number> {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  // Waits before and after the work so that the measured intervals are complete.
  delays.enable()
  await setTimeout(2 * RESOLUTION_MS)
  delays.reset()
  const busiest = busiestInterval()
  await work()
  await setTimeout(2 * RESOLUTION_MS)
  delays.disable()
  return Math.min(delays.max / 1e6 - RESOLUTION_MS, busiest())
}

/** Returns a function that reports the most processor time, in milliseconds, used between two ticks of a timer. */
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
