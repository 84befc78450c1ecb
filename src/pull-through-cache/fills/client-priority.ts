/** Lets the storing of blobs yield to the bytes that clients wait for. */
export interface ClientPriority {
  /** Runs work that a client waits for. */
  serve<T>(work: () => Promise<T>): Promise<T>
  /** Resolves when no client waits, and after `YIELD_MS` at the latest. */
  whenServed(): Promise<void>
}

/** How long the storing of a blob yields at most, in milliseconds. */
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
      try {
        return await work()
      } finally {
        clients--
        if (clients === 0) onServed()
      }
    },
    async whenServed() {
      if (clients > 0) await (served ??= wait())
    },
  }
}
