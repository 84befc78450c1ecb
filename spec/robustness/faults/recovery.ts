import { setTimeout as pause } from 'node:timers/promises'

/** How long recovery may take, also on a busy machine: a run must not hang. */
export const RECOVERY_MS = 90_000

/** Retries until the attempt succeeds. When that takes too long, throws the last error with what was tried. */
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
