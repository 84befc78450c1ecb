import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'

/** No request may keep the others waiting for longer. */
export const LONGEST_DELAY_MS = 100

/**
 * How long the event loop of this process was blocked at most while something ran, in milliseconds. The least of three
 * runs: what the machine does beside it can only make one longer.
 */
export async function eventLoopDelayDuring(work: () => Promise<unknown>): Promise<number> {
  const delays: number[] = []
  for (let run = 0; run < 3; run++) delays.push(await delayDuring(work))
  return Math.min(...delays)
}

async function delayDuring(work: () => Promise<unknown>): Promise<number> {
  const histogram = monitorEventLoopDelay({ resolution: 5 })
  histogram.enable()
  await setTimeout(20)
  histogram.reset()
  await work()
  await setTimeout(20)
  histogram.disable()
  return histogram.max / 1e6
}
