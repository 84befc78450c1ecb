/** Runs work once for all who ask for it under the same key while it is under way; each gets its outcome. */
export type OneAtATime = <T>(key: string, work: () => Promise<T>) => Promise<T>

/** A keeper of what is under way; those who must not do the same work twice share one. */
export function oneAtATime(): OneAtATime {
  const inFlight = new Map<string, Promise<unknown>>()

  return function alone<T>(key: string, work: () => Promise<T>): Promise<T> {
    const joined = inFlight.get(key) as Promise<T> | undefined
    if (joined) return joined
    const running = work().finally(() => inFlight.delete(key))
    inFlight.set(key, running)
    return running
  }
}
