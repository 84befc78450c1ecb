import { setTimeout as sleep } from 'node:timers/promises'
import { median } from './rounds.js'
import type { Extent, Section } from './section.js'
import { emulator } from './servers.js'
import { megabytes, type Row } from './table.js'

const AIM_BYTES = 65_000_000

/** Long enough for what a start leaves for later: the first sweep begins after five seconds. */
const IDLE_MS = 7_000

/** The resident memory of `ecr-local start`, which is both planes, once nothing is left to do. */
export const idle: Section = { name: 'idle', needs: [], measure }

async function measure({ main, quick }: Extent): Promise<Row[]> {
  const used = await Promise.all(Array.from({ length: quick ? 1 : 3 }, () => idleBytes(main)))
  const range = `${megabytes(Math.min(...used))}–${megabytes(Math.max(...used))}`
  const shown = {
    figure: 'resident memory, idle',
    ours: `${megabytes(median(used))} [${range}]`,
    theirs: '–',
    ratio: '–',
  }
  return [{ ...shown, aim: `≤ ${megabytes(AIM_BYTES)}`, met: median(used) <= AIM_BYTES }]
}

async function idleBytes(main: string): Promise<number> {
  await using server = await emulator({ main })
  await sleep(IDLE_MS)
  return server.residentBytes()
}
