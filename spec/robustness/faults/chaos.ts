import { setTimeout as pause } from 'node:timers/promises'
import { type Acknowledged, type Figures, type Load, type LoadTarget, startLoad, verify } from './load.js'

/** Something that breaks and is repaired again; `inflict` resolves once it is repaired. */
export interface Fault {
  readonly name: string
  inflict(): Promise<void>
}

/** One run. It ends after this many faults, however long that takes on a busy machine. */
export interface Run {
  readonly target: LoadTarget
  readonly faults: readonly Fault[]
  readonly rounds: number
  readonly seed: number
}

/** The maximum number of acknowledgements between two faults. */
const MOST_PROGRESS = 12
const LONGEST_PAUSE_MS = 20

/**
 * Injects one fault after the other at random moments under load, then pulls everything that was acknowledged. Every
 * fault is injected at least once.
 */
export async function inflictAll({ target, faults, rounds, seed }: Run): Promise<Acknowledged[]> {
  const random = seeded(seed)
  const load = startLoad(target)
  try {
    await injectAll({ target, faults, rounds, random, load })
  } finally {
    await load.stop()
  }
  await verify(target, load.acknowledged)
  return load.acknowledged
}

async function injectAll({ target, faults, rounds, random, load }: Omit<Run, 'seed'> & Injection): Promise<void> {
  await load.progress(5)
  for (let round = 0; round < rounds; round++) {
    await load.progress(Math.floor(random() * MOST_PROGRESS))
    await pause(random() * LONGEST_PAUSE_MS)
    const fault = faults[round < faults.length ? round : Math.floor(random() * faults.length)]
    await fault?.inflict()
    target.figures.faults++
  }
  await load.progress(5)
}

/** The load that faults are injected into, and the random numbers that choose the moments. */
interface Injection {
  readonly load: Load
  /** Returns the next number from 0 to 1. */
  readonly random: () => number
}

/** Prints the figures of a finished scenario. */
export function print(scenario: string, startedAt: number, figures: Figures): void {
  const { faults, requests, failures, wrongAnswers, lostWrites } = figures
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  process.stdout.write(
    `${scenario}: ${seconds} s, faults injected ${faults}, requests ${requests} (of these refused or cut off ${failures}), ` +
      `wrong answers ${wrongAnswers.length}, lost writes ${lostWrites.length}\n`,
  )
}

/** Mulberry32, a seeded random generator: every run makes the same choices. */
export function seeded(seed: number) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
