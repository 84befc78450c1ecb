import { setTimeout } from 'node:timers/promises'

/** A result is reused for this many times the time it took, so that it uses at most a twentieth of one processor. */
const REUSE_FACTOR = 20

/**
 * Work whose cost grows with what is stored, for figures that are asked for again and again: calls share it, and its
 * result is reused the longer the more it took. A call waits for `waitMs` at most and then gets the last result:
 * undefined before the first one is complete, or if the work failed.
 */
export function costlyResult<T>(work: () => Promise<T>, waitMs: number): () => Promise<T | undefined> {
  let last: { readonly result: T; readonly goodUntil: number } | undefined
  let running: Promise<T | undefined> | undefined

  async function run(): Promise<T | undefined> {
    const startedAt = performance.now()
    try {
      const result = await work()
      const endedAt = performance.now()
      last = { result, goodUntil: endedAt + REUSE_FACTOR * (endedAt - startedAt) }
    } catch {
      // Unavailable storage is reported by /ready and the log; the caller still gets everything else.
    } finally {
      running = undefined
    }
    return last?.result
  }

  return () => {
    if (last && performance.now() < last.goodUntil) return Promise.resolve(last.result)
    running ??= run()
    return Promise.race([running, setTimeout(waitMs, undefined, { ref: false }).then(() => last?.result)])
  }
}
