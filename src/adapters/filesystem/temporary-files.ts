import { readdir, stat, unlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { ifExists } from './durable.js'

const dayInMilliseconds = 24 * 60 * 60 * 1000

/** Names the process that writes the file, so that a later one can tell whether it was abandoned. */
export const temporaryName = (uuid: string) => `${uuid}.${process.pid}.${hostname()}`

/**
 * Removes what processes that are gone left behind. Another host's processes cannot be asked, so their files stay
 * until a day has passed without a write.
 */
export async function sweepTemporaryFiles(directory: string) {
  for (const name of await readdir(directory)) {
    const path = join(directory, name)
    const touchedAt = (await ifExists(stat(path)))?.mtimeMs
    if (touchedAt !== undefined && isAbandoned(name, touchedAt)) await ifExists(unlink(path))
  }
}

/** Removes the bytes of uploads that nobody has gone on with for a week; who comes back later begins anew. */
export async function sweepUploads(directory: string) {
  for (const name of await readdir(directory)) {
    const path = join(directory, name)
    const touchedAt = (await ifExists(stat(path)))?.mtimeMs
    if (touchedAt !== undefined && age(touchedAt) > 7 * dayInMilliseconds) await ifExists(unlink(path))
  }
}

function isAbandoned(name: string, touchedAt: number) {
  const [, pid, ...host] = name.split('.')
  if (age(touchedAt) > dayInMilliseconds) return true
  if (host.join('.') !== hostname()) return false
  return Number(pid) === process.pid ? touchedAt < performance.timeOrigin : !isAlive(Number(pid))
}

const age = (touchedAt: number) => performance.timeOrigin + performance.now() - touchedAt

function isAlive(pid: number) {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
