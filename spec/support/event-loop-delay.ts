import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'

/** No request may keep the others waiting for longer. */
export const LONGEST_DELAY_MS = 100

/**
 * How long the event loop of this process was blocked at most while something ran, in milliseconds. On a machine that does
 * other things, too, a turn takes longer than its work: then the processor time between two turns counts, and of three runs
 * the shortest.
 */
export async function eventLoopDelayDuring(work: () => Promise<unknown>): Promise<number> {
  const delays: number[] = []
  for (let run = 0; run < 3; run++) delays.push(await delayDuring(work))
  return Math.min(...delays)
}

async function delayDuring(work: () => Promise<unknown>): Promise<number> {
  const histogram = monitorEventLoopDelay({ resolution: 5 })
  histogram.enable()
  const processor = longestProcessorTime()
  await setTimeout(20)
  histogram.reset()
  await work()
  await setTimeout(20)
  histogram.disable()
  return Math.min(histogram.max / 1e6, processor.stop())
}

/** The most processor time, in milliseconds, that this process took between two turns of its event loop. */
function longestProcessorTime() {
  let [last, longest] = [process.cpuUsage(), 0]
  const look = () => {
    const { user, system } = process.cpuUsage(last)
    last = process.cpuUsage()
    longest = Math.max(longest, (user + system) / 1000)
  }
  const timer = setInterval(look, 2)
  return {
    stop: () => {
      clearInterval(timer)
      look()
      return longest
    },
  }
}
