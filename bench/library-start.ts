import { pathToFileURL } from 'node:url'
import type * as Library from '../src/library/ecr-local.js'

/**
 * Starts an emulator in process, as the first thing that a test does, then another. Started as `node library-start.js
 * <built library>`; prints the milliseconds of loading the library and of both calls as JSON, and ends by itself.
 */
const [library = ''] = process.argv.slice(2)

const times: number[] = []
const timed = async <R>(work: () => Promise<R>): Promise<R> => {
  const begun = performance.now()
  const result = await work()
  times.push(performance.now() - begun)
  return result
}

const { startEcrLocal } = await timed(async () => (await import(pathToFileURL(library).href)) as typeof Library)
await (await timed(() => startEcrLocal())).stop()
await (await timed(() => startEcrLocal())).stop()
process.stdout.write(JSON.stringify(times))
