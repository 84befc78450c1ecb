/** Lets the storing of blobs yield to the bytes that clients wait for. */
export interface ClientPriority {
  /** Runs work that a client waits for. It counts for `YIELD_MS` at most: a client may read slowly for hours. */
  serve<T>(work: () => Promise<T>): Promise<T>
  /** Resolves when no client waits, and after `YIELD_MS` at the latest. */
  whenServed(): Promise<void>
}

/** How long the storing of a blob yields at most, and for how long a client counts, in milliseconds. */
const YIELD_MS = 100

/**
 * The clients of one process. A client that pulls an image asks for all layers at once, and storing a small layer takes
 * as much of the thread and of the disk as receiving and sending it.
 */
export function clientPriority(yieldMs = YIELD_MS): ClientPriority {
  let clients = 0
  let served: Promise<void> | undefined
  let onServed = () => {}

  const wait = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(() => onServed(), yieldMs)
      onServed = () => {
        clearTimeout(timer)
        served = undefined
        resolve()
      }
    })

  return {
    async serve(work) {
      clients++
      let isCounted = true
      const leave = () => {
        if (isCounted && --clients === 0) onServed()
        isCounted = false
      }
      const timer = setTimeout(leave, yieldMs)
      try {
        return await work()
      } finally {
        clearTimeout(timer)
        leave()
      }
    },
    async whenServed() {
      if (clients > 0) await (served ??= wait())
    },
  }
}
