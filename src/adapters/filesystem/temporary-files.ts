import { readlinkSync } from 'node:fs'
import { opendir, stat, unlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Leftover } from '../../registry/ports/blob-store.js'
import { ifExists } from './durable.js'

const HOUR_MS = 60 * 60 * 1000

/** The directories of bytes that are not a blob yet, by kind. */
export const directoryOf = { temporary: 'tmp', upload: 'uploads' } as const

/** Distinguishes this process from an earlier one with the same process id. */
const STARTED = Math.round(performance.timeOrigin * 1000)

/**
 * Identifies the machine and the process namespace: several containers may have the same host name, and each counts
 * process ids from 1.
 */
const HERE = `${pidNamespace()}.${hostname()}`

/**
 * The name of a temporary file. It identifies the process that writes it, by default this one, so that other processes
 * can tell whether the file was abandoned.
 */
export const temporaryName = (uuid: string, pid = process.pid, started = STARTED) => `${uuid}.${pid}.${started}.${HERE}`

/** The temporary files and upload sessions of all processes under a root. */
export async function* leftoversIn(root: string): AsyncGenerator<Leftover, void> {
  for (const kind of ['temporary', 'upload'] as const) {
    const directory = await ifExists(opendir(join(root, directoryOf[kind])))
    if (!directory) continue
    for await (const { name } of directory) {
      const modifiedAt = (await ifExists(stat(join(root, directoryOf[kind], name))))?.mtimeMs
      if (modifiedAt === undefined) continue
      yield { kind, name, modifiedAt, mayBeInUse: kind === 'temporary' && mayBeInUse(name, modifiedAt) }
    }
  }
}

/** Removes a leftover. Does nothing if it does not exist. */
export async function discardIn(root: string, { kind, name }: Leftover): Promise<void> {
  await ifExists(unlink(join(root, directoryOf[kind], name)))
}

/**
 * Whether the process that writes a file may still be running. A file of this process is in use, whatever its
 * modification time. Processes on other machines cannot be checked: a file of theirs counts as in use until it has not
 * changed for an hour.
 */
function mayBeInUse(name: string, modifiedAt: number) {
  const [, pid, started, ...where] = name.split('.')
  if (where.join('.') !== HERE) return age(modifiedAt) < HOUR_MS
  return Number(pid) === process.pid ? Number(started) === STARTED : isAlive(Number(pid))
}

const age = (modifiedAt: number) => performance.timeOrigin + performance.now() - modifiedAt

/**
 * The id of this process's PID namespace; '0' on systems without namespaces.
 * https://man7.org/linux/man-pages/man7/pid_namespaces.7.html
 */
function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid').replace(/\D/g, '')
  } catch {
    return '0'
  }
}

function isAlive(pid: number) {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
