import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A secret for one process: what it signs is worth nothing to the next. */
export const newSecret = (): string => randomBytes(32).toString('base64url')

/**
 * The installation's secret, made once and kept in its data directory, readable by the owner only: authorization tokens
 * outlive a restart, and both planes of one directory trust each other.
 */
export function keptSecret(dataDir: string): string {
  const file = join(dataDir, 'secret')
  try {
    writeFileSync(file, newSecret(), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return readFileSync(file, 'utf8')
}
