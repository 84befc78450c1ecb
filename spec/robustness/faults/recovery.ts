import { setTimeout as pause } from 'node:timers/promises'

/** What was broken has to work again after this long, on a busy machine too: a run must not hang. */
export const RECOVERY_MS = 90_000

/** Tries until it succeeds. Throws the last error, with what was tried, when that takes longer than the bound. */
export async function within<T>(milliseconds: number, what: string, attempt: () => Promise<T>): Promise<T> {
  for (const startedAt = performance.now(); ; await pause(50)) {
    try {
      return await attempt()
    } catch (error) {
      if (performance.now() - startedAt > milliseconds)
        throw new Error(`${what} still fails after ${milliseconds} ms: ${String(error)}`, { cause: error })
    }
  }
}
