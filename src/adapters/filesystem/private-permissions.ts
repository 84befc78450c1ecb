import { chmodSync, lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '../../registry/ports/log.js'
import { PRIVATE_DIRECTORY, PRIVATE_FILE } from './modes.js'

/** What the emulator keeps in its data directory. */
const OWN_NAMES: ReadonlySet<string> = new Set([
  ...['state', 'blobs', 'tmp', 'uploads', 'notes', 'quarantine', 'spool'],
  ...['layout.json', 'secret', 'reserve'],
])

const OTHERS = 0o077

/**
 * Takes the permissions of group and others from what an earlier version, or a copy, left open to them, and says so in the
 * log. It is done at the top alone, where it shuts all that lies below. The data directory itself, which may hold other
 * things too and may be a volume that another user set up, keeps its mode. Never throws: a file of another user is
 * named in a warning and stays in use.
 */
export function makePrivate(dataDir: string, log: Log): void {
  const [closed, open]: [string[], string[]] = [[], []]
  for (const name of readdirSync(dataDir)) {
    if (!OWN_NAMES.has(name)) continue
    const path = join(dataDir, name)
    const state = lstatSync(path, { throwIfNoEntry: false })
    if (!state || state.isSymbolicLink() || (state.mode & OTHERS) === 0) continue
    try {
      chmodSync(path, state.isDirectory() ? PRIVATE_DIRECTORY : PRIVATE_FILE)
      closed.push(name)
    } catch {
      open.push(name)
    }
  }
  if (closed.length > 0) log.info({ dataDir, closed }, 'images and state were open to other users: now they are not')
  if (open.length > 0)
    log.warn({ dataDir, open }, 'other users may read images and state: chmod -R go= this directory as its owner')
}
