/*
 * Times on the axis of a chart, in the time zone of the person who looks at it.
 */

const MINUTE_MS = 60_000

/** Distances between two labels, in minutes. */
const STEPS = [5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 720]

/** Times between two others that are worth a label: at round minutes or hours, and no more than there is room for. */
export function timeTicks(from: number, to: number, atMost: number): number[] {
  const step = STEPS.find((minutes) => (to - from) / (minutes * MINUTE_MS) <= atMost) ?? 720
  const midnight = new Date(from).setHours(0, 0, 0, 0)
  const first = midnight + Math.ceil((from - midnight) / (step * MINUTE_MS)) * step * MINUTE_MS
  const ticks: number[] = []
  for (let tick = first; tick < to; tick += step * MINUTE_MS) ticks.push(tick)
  return ticks
}

/** The time of day. */
export const timeOfDay = (time: number): string =>
  new Date(time).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })

/** A span of time within a day, for example `14:20 to 14:30`. */
export const spanOfTime = (start: number, seconds: number): string =>
  `${timeOfDay(start)} to ${timeOfDay(start + seconds * 1_000)}`
