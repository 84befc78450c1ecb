/** Runs the work of each key one after the other, within this process. */
export type KeyedMutex = <R>(key: string, work: () => Promise<R>) => Promise<R>

/** A mutex for each key; a key that nothing waits for takes no memory. */
export function keyedMutex(): KeyedMutex {
  const last = new Map<string, Promise<unknown>>()
  return (key, work) => {
    const turn = (last.get(key) ?? Promise.resolve()).then(work)
    const settled = turn.then(forget, forget)
    function forget() {
      if (last.get(key) === settled) last.delete(key)
    }
    last.set(key, settled)
    return turn
  }
}
