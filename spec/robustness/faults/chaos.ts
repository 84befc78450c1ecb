import { setTimeout as pause } from 'node:timers/promises'
import { type Acknowledged, type Figures, type LoadTarget, startLoad, verify } from './load.js'

/** Something that breaks and is put right again; it resolves when it is. */
export interface Fault {
  readonly name: string
  inflict(): Promise<void>
}

/** How much is broken: a run ends with its faults, or with its time. */
export interface Run {
  readonly target: LoadTarget
  readonly faults: readonly Fault[]
  readonly rounds: number
  readonly endAfterMs: number
  readonly seed: number
}

/** Between two faults so many things are acknowledged, at most. */
const MOST_PROGRESS = 12
const LONGEST_PAUSE_MS = 20

/**
 * Breaks one thing after the other at random moments under load, then pulls everything that was acknowledged. Every fault
 * comes at least once.
 */
export async function inflictAll({ target, faults, rounds, endAfterMs, seed }: Run): Promise<Acknowledged[]> {
  const random = seeded(seed)
  const load = startLoad(target)
  const begun = performance.now()
  await load.progress(5)
  for (let round = 0; round < rounds && performance.now() - begun < endAfterMs; round++) {
    await load.progress(Math.floor(random() * MOST_PROGRESS))
    await pause(random() * LONGEST_PAUSE_MS)
    const fault = faults[round < faults.length ? round : Math.floor(random() * faults.length)]
    await fault?.inflict()
    target.figures.faults++
  }
  await load.progress(5)
  await load.stop()
  await verify(target, load.acknowledged)
  return load.acknowledged
}

/** Ends a scenario with its figures, for whoever reads the run. */
export function print(scenario: string, { faults, requests, failures, wrongAnswers, lostWrites }: Figures): void {
  process.stdout.write(
    `${scenario}: faults injected ${faults}, requests ${requests} (of these refused or cut off ${failures}), ` +
      `wrong answers ${wrongAnswers.length}, lost writes ${lostWrites.length}\n`,
  )
}

/** Mulberry32: the same choices in every run. */
export function seeded(seed: number) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
