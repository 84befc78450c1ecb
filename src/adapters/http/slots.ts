/** Lets at most `limit` holders in at once; the others wait in order. What it gives back lets the next one in. */
export function slots(limit: number): () => Promise<() => void> {
  const waiting: (() => void)[] = []
  let held = 0
  const release = () => {
    const next = waiting.shift()
    if (next) next()
    else held--
  }
  return async () => {
    if (held < limit) held++
    else await new Promise<void>((resolve) => waiting.push(resolve))
    let released = false
    return () => {
      if (!released) release()
      released = true
    }
  }
}
