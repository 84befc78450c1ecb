import { constants, accessSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeDirectory } from './make-directory.js'

/** Raised whenever what lies in the directory changes shape. */
const layout = 1

const LAYOUT_FILE = 'layout.json'

/**
 * Creates the data directory, or makes sure that this version can use the one that is there. Throws plain errors of
 * one line each, made to be shown to whoever started the emulator.
 */
export function openDataDirectory(path: string): void {
  try {
    makeDirectory(path)
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new Error(
      `The data directory ${path} is not writable (${(error as Error).message}): choose a directory this user can create and write, or change the owner of this one.`,
      { cause: error },
    )
  }
  const found = layoutIn(path)
  if (found === undefined) return writeLayout(path)
  if (found !== layout)
    throw new Error(
      `The data directory ${path} has layout ${JSON.stringify(found)}, and this version understands layout ${layout}: start the version that wrote it, or choose an empty directory.`,
    )
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

function writeLayout(path: string) {
  const file = join(path, LAYOUT_FILE)
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, `${JSON.stringify({ layout })}\n`, { flush: true })
  renameSync(draft, file)
}

const reason = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error))
