import { chmodSync, lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '../../registry/ports/log.js'
import { PRIVATE_DIRECTORY, PRIVATE_FILE } from './modes.js'

/** The names of the emulator's own files and directories in its data directory. */
const OWN_NAMES: ReadonlySet<string> = new Set([
  'state',
  'blobs',
  'tmp',
  'uploads',
  'notes',
  'quarantine',
  'spool',
  'layout.json',
  'layout.unconfirmed.json',
  'secret',
  'reserve',
])

/** The permissions of group and others. */
const OTHERS = 0o077

/**
 * Removes the permissions of group and others that an earlier version or a copy has left, and logs it. Only the
 * top-level entries are changed, which makes everything below them inaccessible. The data directory itself keeps its
 * mode: it may contain other things, and may be a volume that another user set up. Never throws: entries that belong to
 * another user are named in a warning and stay in use.
 */
export function makePrivate(dataDir: string, log: Log): void {
  const closed: string[] = []
  const open: string[] = []
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
  if (closed.length > 0)
    log.info({ dataDir, closed }, 'images and state were accessible to other users: now they are private')
  if (open.length > 0)
    log.warn(
      { dataDir, open },
      'other users may be able to read images and state: run chmod -R go= on this directory as its owner',
    )
}
