import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The environment of a process whose machine clock is wrong by this much, which otherwise only root could arrange.
 * Timers and `performance.now()` are not affected, just as on such a machine.
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
