import { constants, accessSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '../../registry/ports/log.js'
import { makeDirectory } from './make-directory.js'
import { PRIVATE_DIRECTORY, PRIVATE_FILE } from './modes.js'
import { makePrivate } from './private-permissions.js'

/** Raised whenever what lies in the directory changes shape. */
const layout = 1

const LAYOUT_FILE = 'layout.json'

/**
 * Creates the data directory, or makes sure that this version can use the one that is there and that other users cannot
 * read what is in it. Throws plain errors of one line each, made to be shown to the operator.
 */
export function openDataDirectory(path: string, log: Log): void {
  try {
    makeDirectory(path, PRIVATE_DIRECTORY)
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new Error(
      `The data directory ${path} is not writable (${(error as Error).message}): choose a directory this user can create and write, or change the owner of this one.`,
      { cause: error },
    )
  }
  const found = layoutIn(path) ?? writeLayout(path)
  if (found !== layout)
    throw new Error(
      `The data directory ${path} has layout ${JSON.stringify(found)}, and this version understands layout ${layout}: start the version that wrote it, or choose an empty directory.`,
    )
  makePrivate(path, log)
}

/** Whether a plane has made this directory its own: what only looks after one makes none. */
export const isDataDirectory = (path: string): boolean => existsSync(join(path, LAYOUT_FILE))

function layoutIn(path: string): unknown {
  const file = join(path, LAYOUT_FILE)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (reason(error) === 'ENOENT') return undefined
    throw new Error(`${file} cannot be read (${reason(error)}): make it readable for this user.`, { cause: error })
  }
  try {
    const { layout: found = 'none' } = JSON.parse(text) as { layout?: unknown }
    return found
  } catch (error) {
    throw new Error(`${file} is not JSON: restore it, or choose an empty directory.`, { cause: error })
  }
}

function writeLayout(path: string): number {
  const file = join(path, LAYOUT_FILE)
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, `${JSON.stringify({ layout })}\n`, { mode: PRIVATE_FILE, flush: true })
  renameSync(draft, file)
  return layout
}

const reason = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error))
