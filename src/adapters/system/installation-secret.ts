import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A secret for one process: what it signs is worth nothing to the next. */
export const newSecret = (): string => randomBytes(32).toString('base64url')

/** Anything shorter was not made here, or was cut off: what is signed with it could be forged. */
const MIN_LENGTH = 32

/**
 * The installation's secret, made once and kept in its data directory, readable by the owner only: authorization tokens
 * outlive a restart, and both planes of one directory trust each other. Throws a plain error of one line for a file that
 * holds none.
 */
export function keptSecret(dataDir: string): string {
  const file = join(dataDir, 'secret')
  if (!existsSync(file)) keep(file, newSecret())
  const secret = readFileSync(file, 'utf8')
  if (secret.length >= MIN_LENGTH) return secret
  throw new Error(
    `${file} holds no secret of ${MIN_LENGTH} characters or more: remove it, and the next start makes a new one.`,
  )
}

/** Linked whole to its name: nobody finds half of it, and of two processes that start at once both use the first one's. */
function keep(file: string, secret: string) {
  const draft = `${file}.${randomUUID()}`
  try {
    writeFileSync(draft, secret, { flag: 'wx', mode: 0o600, flush: true })
    linkSync(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(draft, { force: true })
  }
}
