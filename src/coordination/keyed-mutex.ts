import type { Registry } from '../registry/registry.js'

/** Those who lost a race in this process go one after the other, registry by registry, instead of racing again. */
export function keyedMutex() {
  const last = new Map<string, Promise<unknown>>()
  return <R>({ account, region }: Registry, run: () => Promise<R>): Promise<R> => {
    const id = `${account} ${region}`
    const turn = (last.get(id) ?? Promise.resolve()).then(run)
    const over = turn.then(forget, forget)
    function forget() {
      if (last.get(id) === over) last.delete(id)
    }
    last.set(id, over)
    return turn
  }
}
