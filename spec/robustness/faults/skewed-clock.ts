import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The environment of a process whose machine clock is wrong by so much: the one thing of a machine that cannot be had
 * otherwise without being root. Timers and `performance.now()` go on as they are, as they do on such a machine.
 */
export async function skewedClock(directory: string, milliseconds: number): Promise<NodeJS.ProcessEnv> {
  const file = join(directory, 'skewed-clock.mjs')
  await writeFile(
    file,
    `const RealDate = Date
     globalThis.Date = class Date extends RealDate {
       constructor(...given) {
         super(...(given.length === 0 ? [RealDate.now() + ${milliseconds}] : given))
       }
       static now() {
         return RealDate.now() + ${milliseconds}
       }
     }`,
  )
  return { NODE_OPTIONS: `--import=file://${file}` }
}
