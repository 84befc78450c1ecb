/*
 * What a browser keeps for the console. It may refuse: storage can be blocked for a site, or full.
 */

/** How long something is kept: `session` in this tab until it is closed, `local` in this browser. */
type Kept = 'session' | 'local'

/** What is kept under a key; undefined if nothing is, or if it may not be read. */
export function keptItem(kept: Kept, key: string): string | undefined {
  try {
    return storageOf(kept).getItem(key) ?? undefined
  } catch {
    return undefined
  }
}

/** Keeps a text under a key. Returns whether the browser did. */
export function keepItem(kept: Kept, key: string, text: string): boolean {
  try {
    storageOf(kept).setItem(key, text)
    return true
  } catch {
    return false
  }
}

const storageOf = (kept: Kept) => (kept === 'session' ? sessionStorage : localStorage)
