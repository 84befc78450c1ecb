import { execFile } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { median } from './rounds.js'
import type { Extent, Section } from './section.js'
import { milliseconds, type Row } from './table.js'

const AIM_MS = 300

/** The time from the call of `startEcrLocal` until it resolves, in a process of its own each time. */
export const library: Section = { name: 'library', needs: [], measure }

const run = promisify(execFile)
const program = fileURLToPath(new URL('library-start.js', import.meta.url))

async function measure({ main, rounds }: Extent): Promise<Row[]> {
  const [loaded, first, second]: [number[], number[], number[]] = [[], [], []]
  for (let round = 0; round < rounds + 2; round++) {
    const { stdout } = await run(process.execPath, [program, join(dirname(main), 'library.cjs')])
    const [toLoad = NaN, toStart = NaN, toStartAgain = NaN] = JSON.parse(stdout) as number[]
    loaded.push(toLoad)
    first.push(toStart)
    second.push(toStartAgain)
  }
  return [
    { ...rowOf('loading the library', loaded), aim: 'for information' },
    withAim(rowOf('startEcrLocal, the first of a process', first), first),
    withAim(rowOf('startEcrLocal, the second', second), second),
  ]
}

const rowOf = (figure: string, times: readonly number[]) => ({
  figure,
  ours: `${milliseconds(median(times))} [${Math.min(...times).toFixed(0)}–${Math.max(...times).toFixed(0)}]`,
  theirs: '–',
  ratio: '–',
})

const withAim = (row: Omit<Row, 'aim'>, times: readonly number[]): Row => ({
  ...row,
  aim: `≤ ${AIM_MS} ms`,
  met: median(times) <= AIM_MS,
})
