import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A secret for the life of one process. */
export const newSecret = (): string => randomBytes(32).toString('base64url')

/** A shorter secret was truncated or written by hand, and signatures made with it could be forged. */
const MIN_LENGTH = 32

/**
 * The installation's secret, generated once and stored in its data directory, readable by its owner only: authorization
 * tokens survive a restart, and planes that share the directory trust each other. Throws an error of one line if the
 * file has no valid secret.
 */
export function installationSecret(dataDir: string): string {
  const file = join(dataDir, 'secret')
  if (!existsSync(file)) writeOnce(file, newSecret())
  const secret = readFileSync(file, 'utf8')
  if (secret.length >= MIN_LENGTH) return secret
  throw new Error(
    `${file} holds no secret of ${MIN_LENGTH} characters or more: remove it, and the next start makes a new one.`,
  )
}

/**
 * Links a complete file to its final name: it is never read half-written, and two processes that start together use the
 * same one.
 */
function writeOnce(file: string, secret: string) {
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
