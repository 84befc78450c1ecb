import { constants, accessSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '../../registry/ports/log.js'
import { makeDirectory } from './make-directory.js'
import { PRIVATE_DIRECTORY, PRIVATE_FILE } from './modes.js'
import { makePrivate } from './private-permissions.js'

/** The version of the layout, to be raised whenever the layout of the directory changes. */
const layout = 1

const LAYOUT_FILE = 'layout.json'

/** Holds the layout of a new directory until it is confirmed. */
const UNCONFIRMED_FILE = 'layout.unconfirmed.json'

/**
 * Creates the data directory, which is unconfirmed at first, or checks that this version supports the existing one and
 * that other users cannot read its content. Throws errors of one line each, to be shown to the user.
 */
export function openDataDirectory(path: string, log: Log): void {
  try {
    makeDirectory(path, PRIVATE_DIRECTORY)
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const isFile = code === 'EEXIST' || code === 'ENOTDIR'
    throw new Error(
      isFile
        ? `The data directory ${path} is a file, or below one: choose a directory.`
        : `The data directory ${path} is not writable (${message}): choose a directory this user can create and write, or change the owner of this one.`,
      { cause: error },
    )
  }
  const existingLayout = layoutIn(path, LAYOUT_FILE) ?? layoutIn(path, UNCONFIRMED_FILE) ?? writeLayout(path)
  if (existingLayout !== layout)
    throw new Error(
      `The data directory ${path} has layout ${JSON.stringify(existingLayout)}, and this version understands layout ${layout}: start the version that wrote it, or choose an empty directory.`,
    )
  makePrivate(path, log)
}

/**
 * Says that the directory is in use: its planes answer, or an import has ended. Until then, commands such as `fsck`
 * must not find what a refused start or import has left empty and in order.
 */
export function confirmDataDirectory(path: string): void {
  try {
    renameSync(join(path, UNCONFIRMED_FILE), join(path, LAYOUT_FILE))
  } catch (error) {
    // It was confirmed before, by this process or by another one.
    if (reason(error) !== 'ENOENT') throw error
  }
}

/** Whether a directory is in use by planes, or was. Commands such as `fsck` and `gc` must not create one. */
export const isDataDirectory = (path: string): boolean => existsSync(join(path, LAYOUT_FILE))

function layoutIn(path: string, name: string): unknown {
  const file = join(path, name)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (reason(error) === 'ENOENT') return undefined
    throw new Error(`${file} cannot be read (${reason(error)}): make it readable for this user.`, { cause: error })
  }
  try {
    const { layout: version = 'none' } = JSON.parse(text) as { layout?: unknown }
    return version
  } catch (error) {
    throw new Error(`${file} is not JSON: restore it, or choose an empty directory.`, { cause: error })
  }
}

function writeLayout(path: string): number {
  const file = join(path, UNCONFIRMED_FILE)
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, `${JSON.stringify({ layout })}\n`, { mode: PRIVATE_FILE, flush: true })
  renameSync(draft, file)
  return layout
}

const reason = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error))
